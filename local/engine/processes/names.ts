import type { ProgramSpec } from "../target";

/** Full name of a program in events and tables: `projects/{p}/locations/{r}/services/{name}`, or `…/functions/…`. */
export const targetName = ({ project, region, kind, name }: ProgramSpec): string =>
  `projects/${project}/locations/${region}/${kind}s/${name}`;
