export { type LogEntry, matchesLog } from "./match";
export { type LogFilter, parseLogFilter } from "./parse";
