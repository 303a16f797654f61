import { read, treeFiles } from "../repo/tree";
import { type Page, parse } from "./markdown";

/** Every page a reader may open; the tests of this folder hold what the pages say. */
export const pages: ReadonlyMap<string, Page> = new Map(
  treeFiles("*.md").map((file) => [file, parse(read(file))] as const),
);
