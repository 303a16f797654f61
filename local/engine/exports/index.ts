export { createExportTarget } from "./target";
export { fileTables, memoryTables, type Tables } from "./tables";
