export { checkFilter, type ParsedFilter, parseFilter } from "./parse";
export { type Filter, type FilterFault, matches, MAX_FILTER_BYTES, printFilter } from "./syntax";
