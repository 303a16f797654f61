export { FirestoreDatabase, type FirestoreDatabaseProps, type IFirestoreDatabase } from "./database";
