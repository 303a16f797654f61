export { FirestoreDatabase as GoogleFirestoreDatabase } from "@cdktf/provider-google/lib/firestore-database/index.js";
export { FirestoreField } from "@cdktf/provider-google/lib/firestore-field/index.js";
