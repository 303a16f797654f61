/** Parts of a date that a file's name can have. https://cloud.google.com/pubsub/docs/create-cloudstorage-subscription#file_names */
const PARTS: Readonly<Record<string, (date: Date) => string>> = {
  YYYY: (date) => String(date.getUTCFullYear()).padStart(4, "0"),
  YY: (date) => String(date.getUTCFullYear() % 100).padStart(2, "0"),
  MM: (date) => two(date.getUTCMonth() + 1),
  DD: (date) => two(date.getUTCDate()),
  hh: (date) => two(date.getUTCHours()),
  mm: (date) => two(date.getUTCMinutes()),
  ss: (date) => two(date.getUTCSeconds()),
  Z: () => "+0000",
};

const two = (value: number): string => String(value).padStart(2, "0");

/** Google's own form, where none is given. */
const DEFAULT_FORMAT = "YYYY-MM-DDThh:mm:ssZ";

/** `{prefix}{date and time}_{what no other file has}{suffix}` */
export function fileName(
  {
    prefix,
    suffix,
    datetimeFormat = DEFAULT_FORMAT,
  }: { prefix: string; suffix: string; datetimeFormat?: string | undefined },
  atMs: number,
  unique: string,
): string {
  const date = new Date(atMs);
  const stamp = datetimeFormat.replace(/YYYY|YY|MM|DD|hh|mm|ss|Z/g, (part) => PARTS[part]!(date));
  return `${prefix}${stamp}_${unique}${suffix}`;
}
