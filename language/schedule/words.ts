import {
  DAY_MINUTES,
  type DaysSchedule,
  type IntervalSchedule,
  MONTHS,
  ORDINALS,
  type Schedule,
  type ScheduleFault,
  type TimeOfDay,
  WEEKDAYS,
} from "./syntax";

type Token = { readonly offset: number; readonly text: string } & (
  | { readonly kind: "number" | "ordinal" | "weekday" | "month" | "time"; readonly value: number }
  | { readonly kind: "word" }
);

const KEYWORDS = new Set([
  "every",
  "of",
  "from",
  "to",
  "synchronized",
  "day",
  "month",
  "hour",
  "hours",
  "min",
  "mins",
  "minute",
  "minutes",
  ",",
]);
const ORDINAL_WORDS = ["first", "second", "third", "fourth", "fifth"];
const ALL_MONTHS = MONTHS.map((_, index) => index + 1);
const ALL_ORDINALS = [1, 2, 3, 4, 5];
const ALL_WEEKDAYS = WEEKDAYS.map((_, index) => index);
/** Longest of each month; February has it every fourth year. */
const MONTH_DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

class SyntaxFault extends Error {
  constructor(
    message: string,
    readonly offset: number,
  ) {
    super(message);
  }
}

/** Every word that means nothing is reported; of the sentence they make, the first fault. */
export function parseWords(text: string): Schedule | readonly ScheduleFault[] {
  const faults: ScheduleFault[] = [];
  const tokens = scan(text, faults);
  if (faults.length > 0) return faults;
  try {
    return new Sentence(tokens, text.length).parse();
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error;
    return [{ message: error.message, offset: error.offset }];
  }
}

function scan(text: string, faults: ScheduleFault[]): Token[] {
  return [...text.matchAll(/,|[^\s,]+/g)].flatMap((match): Token[] => {
    const [word] = match;
    const lower = word.toLowerCase();
    const at = { offset: match.index, text: word };
    const token = (kind: "number" | "ordinal" | "weekday" | "month" | "time", value: number): Token[] => [
      { ...at, kind, value },
    ];
    if (KEYWORDS.has(lower)) return [{ offset: at.offset, text: lower, kind: "word" }];
    if (/^\d+$/.test(lower)) return token("number", Number(lower));
    const ordinal = [ORDINALS.indexOf(lower as "1st"), ORDINAL_WORDS.indexOf(lower)].find((index) => index >= 0);
    if (ordinal !== undefined) return token("ordinal", ordinal + 1);
    const weekday = named(WEEKDAYS, lower);
    if (weekday >= 0) return token("weekday", weekday);
    const month = named(MONTHS, lower);
    if (month >= 0) return token("month", month + 1);
    const time = /^(\d{1,2}):(\d{2})$/.exec(lower);
    if (time && Number(time[1]) < 24 && Number(time[2]) < 60)
      return token("time", Number(time[1]) * 60 + Number(time[2]));
    const message = time ? `"${word}" is not a time from 00:00 to 23:59` : `"${word}" means nothing in a schedule`;
    faults.push({ message, offset: at.offset });
    return [];
  });
}

/** Index of a name that is written in full or by its first three letters. */
const named = (names: readonly string[], word: string): number =>
  names.findIndex((name) => name === word || name.slice(0, 3) === word);

class Sentence {
  private position = 0;

  constructor(
    private readonly tokens: readonly Token[],
    private readonly end: number,
  ) {}

  parse(): Schedule {
    const [first, second] = this.tokens;
    const schedule =
      first?.kind === "word" && first.text === "every" && second?.kind === "number" ? this.interval() : this.days();
    const rest = this.tokens[this.position];
    if (rest) throw new SyntaxFault(`"${rest.text}" comes after the end of the schedule`, rest.offset);
    return schedule;
  }

  private interval(): IntervalSchedule {
    this.position++;
    const number = this.value("number", "a number");
    const unit = this.tokens[this.position++];
    const isHours = unit?.text === "hour" || unit?.text === "hours";
    if (!isHours && !["min", "mins", "minute", "minutes"].includes(unit?.text ?? ""))
      throw this.fault(unit, "hours, mins or minutes");
    const minutes = number.value * (isHours ? 60 : 1);
    if (minutes < 1) throw new SyntaxFault("an interval is at least 1 minute", number.offset);
    if (this.skip("synchronized")) {
      if (DAY_MINUTES % minutes !== 0)
        throw new SyntaxFault("a synchronized interval divides a day evenly", number.offset);
      return { kind: "interval", minutes, window: "synchronized" };
    }
    if (!this.skip("from")) return { kind: "interval", minutes };
    const from = this.time();
    if (!this.skip("to")) throw this.fault(this.tokens[this.position], "to");
    return { kind: "interval", minutes, window: { from, to: this.time() } };
  }

  private days(): DaysSchedule {
    const first = this.tokens[this.position];
    if (first?.kind === "number") return this.dates(first.offset);
    const ordinals = this.skip("every")
      ? ALL_ORDINALS
      : this.list("ordinal", 'every, or which of the month: "1st,third"').map(({ value }) => value);
    const weekdays = this.skip("day") ? ALL_WEEKDAYS : this.list("weekday", "day, or weekdays").map((day) => day.value);
    const months = this.skip("of") ? this.months() : ALL_MONTHS;
    return {
      kind: "days",
      days: { kind: "weekdays", ordinals: ascending(ordinals), weekdays: ascending(weekdays) },
      months,
      at: this.time(),
    };
  }

  private dates(offset: number): DaysSchedule {
    const list = this.list("number", "days of the month");
    const odd = list.find(({ value }) => value < 1 || value > 31);
    if (odd) throw new SyntaxFault(`"${odd.text}" is not a day from 1 to 31`, odd.offset);
    if (!this.skip("of")) throw this.fault(this.tokens[this.position], '"of" and months');
    const months = this.months();
    const dates = ascending(list.map(({ value }) => value));
    if (!months.some((month) => dates[0]! <= MONTH_DAYS[month - 1]!))
      throw new SyntaxFault("no month it names has such a day, so it would never run", offset);
    return { kind: "days", days: { kind: "dates", dates }, months, at: this.time() };
  }

  private months(): readonly number[] {
    return this.skip("month")
      ? ALL_MONTHS
      : ascending(this.list("month", "month, or months").map(({ value }) => value));
  }

  private time(): TimeOfDay {
    return this.value("time", 'a time such as "09:00"').value;
  }

  private list(kind: "number" | "ordinal" | "weekday" | "month", want: string) {
    const found = [this.value(kind, want)];
    while (this.skip(",")) found.push(this.value(kind, want));
    return found;
  }

  private value(kind: "number" | "ordinal" | "weekday" | "month" | "time", want: string) {
    const token = this.tokens[this.position];
    if (token?.kind !== kind) throw this.fault(token, want);
    this.position++;
    return token as Token & { readonly value: number };
  }

  private skip(word: string): boolean {
    const token = this.tokens[this.position];
    const found = token?.kind === "word" && token.text === word;
    if (found) this.position++;
    return found;
  }

  private fault(token: Token | undefined, want: string): SyntaxFault {
    return token
      ? new SyntaxFault(`"${token.text}" stands where ${want} should`, token.offset)
      : new SyntaxFault(`${want} is missing at the end`, this.end);
  }
}

const ascending = (values: readonly number[]): readonly number[] => [...new Set(values)].sort((a, b) => a - b);
