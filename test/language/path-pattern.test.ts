import { canMatchDocument, matchesPath } from "../../language/path-pattern";

it.each([
  ["orders/{order}", "orders/7", true],
  ["orders/{order}", "orders/7/items/1", false],
  ["orders/*", "orders/7", true],
  ["orders/*", "orders/", false],
  ["orders/a*z", "orders/abcz", true],
  ["orders/a*z", "orders/az", true],
  ["orders/a*z", "orders/abc", false],
  ["orders/**", "orders/7/items/1", true],
  ["orders/**", "orders", true],
  ["{path=**}", "any/thing/at/all", true],
  ["orders/{id}/items/{path=**}", "orders/7/items/1/parts/2", true],
  ["**/objects/*.csv", "projects/_/buckets/in/objects/a.csv", true],
  ["**/objects/*.csv", "projects/_/buckets/in/objects/a.txt", false],
  ["/projects/_/buckets/in", "projects/_/buckets/in", true],
  ["a.c", "abc", false],
])("the pattern %s fits %s: %s", (pattern, path, fits) => {
  expect(matchesPath(pattern, path)).toBe(fits);
});

it.each([
  ["orders/{order}", true],
  ["orders", false],
  ["shops/**", true],
  ["shops/{path=**}/x", true],
  ["a//b", false],
])("the pattern %s can fit a document: %s", (pattern, can) => {
  expect(canMatchDocument(pattern)).toBe(can);
});
