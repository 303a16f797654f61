export { checkSchedule, type ParsedSchedule, parseSchedule } from "./parse";
export { type ClockChange, clockChanges, nextRuns, runsAfter } from "./runs";
export {
  type CronSchedule,
  type DaysSchedule,
  type IntervalSchedule,
  printSchedule,
  type Schedule,
  type ScheduleFault,
} from "./syntax";
export { formatInZone, isTimeZone } from "./zone";
