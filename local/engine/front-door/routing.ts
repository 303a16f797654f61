import type { TargetSpec } from "../target";

/** A target and the URLs under which callers of the plan reach it. */
export interface Door {
  readonly spec: TargetSpec;
  /** @default the target's own `url` alone */
  readonly urls?: readonly string[];
}

export interface Located {
  readonly spec: TargetSpec;
  /** Path and query as the target sees them. */
  readonly path: string;
  /** Host of the URL that was called. */
  readonly host: string;
}

/** Whose URL an endpoint lies below: the longest that fits, as functions share a host and differ by path. */
export function locate(doors: readonly Door[], endpoint: string): Located | undefined {
  const called = parse(endpoint);
  if (!called) return undefined;
  const fits = doors.flatMap(({ spec, urls = [spec.url] }) =>
    urls.flatMap((text) => {
      const url = parse(text);
      const base = url?.pathname.replace(/\/$/, "");
      const below = called.pathname === base || called.pathname.startsWith(`${base}/`);
      return url?.origin === called.origin && below ? [{ spec, base: base! }] : [];
    }),
  );
  const [best] = fits.sort((a, b) => b.base.length - a.base.length);
  if (!best) return undefined;
  const path = called.pathname.slice(best.base.length) || "/";
  return { spec: best.spec, path: path + called.search, host: called.host };
}

const parse = (url: string): URL | undefined => (URL.canParse(url) ? new URL(url) : undefined);
