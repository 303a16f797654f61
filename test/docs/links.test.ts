import { existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { root } from "../repo/tree";
import { pages } from "./pages";

const relativeLinks = [...pages].flatMap(([file, page]) =>
  page.links.filter(({ target }) => !/^[a-z]+:/.test(target)).map(({ line, target }) => ({ file, line, target })),
);

describe("every relative link", () => {
  it("leads to a file of the repository", () => {
    const broken = relativeLinks.filter(({ file, target }) => {
      const path = target.split("#")[0]!;
      return path !== "" && !existsSync(resolve(root, dirname(file), decodeURIComponent(path)));
    });
    expect(broken).toEqual([]);
  });

  it("names a heading that its page has", () => {
    const broken = relativeLinks.filter(({ file, target }) => {
      const [path, anchor] = target.split("#");
      if (anchor === undefined) return false;
      const to = path === "" ? file : relative(root, join(root, dirname(file), path!));
      const page = pages.get(to);
      return page !== undefined && !page.anchors.has(anchor);
    });
    expect(broken).toEqual([]);
  });
});

describe("every page of docs/", () => {
  it("can be reached from the index or from the README", () => {
    const reached = new Set(["README.md", "docs/README.md"]);
    const queue = [...reached];
    for (let page = queue.pop(); page !== undefined; page = queue.pop())
      for (const { target } of pages.get(page)?.links ?? []) {
        const path = target.split("#")[0]!;
        if (path === "" || /^[a-z]+:/.test(path)) continue;
        const to = relative(root, resolve(root, dirname(page), path));
        const found = [to, join(to, "README.md")].filter((file) => pages.has(file) && !reached.has(file));
        for (const file of found) {
          reached.add(file);
          queue.push(file);
        }
      }
    expect([...pages.keys()].filter((file) => file.startsWith("docs/") && !reached.has(file))).toEqual([]);
  });
});
