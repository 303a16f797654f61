import { TerraformElement, TerraformOutput, TerraformStack, Token, Tokenization } from "cdktf";
import { resolve as resolveWithCdktf } from "cdktf/lib/_tokens";
import { deepMerge } from "cdktf/lib/util";
import type { IConstruct } from "constructs";

/*
 * What `TerraformStack.prepareStack` and `.toTerraform` of cdktf 0.21 do, in less time: cdktf resolves every value of a
 * stack three times, each time with a context and four regular expressions per value, and nearly all of them are plain
 * data. Here plain data is copied, and everything else is left to cdktf itself. The result is the same, which a test
 * compares for every construct and example, byte for byte.
 */

type Block = Record<string, unknown>;

/** Marks of tokens inside text: `${TfToken[`, `#{TfToken[`, `&{TfToken[`, and numbers from cdktf's range for tokens. */
const isPlainText = (text: string): boolean =>
  !text.includes("{TfToken[") && !text.includes("-1.888") && text !== STRING_MAP && text !== ANY_MAP;

const { STRING_MAP_TOKEN_VALUE: STRING_MAP, ANY_MAP_TOKEN_VALUE: ANY_MAP } = Token;

/** A value with its tokens resolved; what is undefined is left out of objects and lists, as cdktf leaves it out. */
export function resolveValue(stack: TerraformStack, value: unknown, preparing = false): unknown {
  const walk = (one: unknown): unknown => {
    switch (typeof one) {
      case "string":
        return isPlainText(one) ? one : resolveWithCdktf(stack, one, preparing);
      case "number":
        // Numbers of tokens are far below zero.
        return one >= 0 ? one : resolveWithCdktf(stack, one, preparing);
      case "boolean":
      case "undefined":
        return one;
      case "object":
        if (one === null) return null;
        if (Array.isArray(one))
          return isPlainList(one) ? definedOf(one.map(walk)) : resolveWithCdktf(stack, one, preparing);
        return isPlainObject(one) ? members(one as Block) : resolveWithCdktf(stack, one, preparing);
      default:
        return resolveWithCdktf(stack, one, preparing);
    }
  };
  const members = (block: Block): Block => {
    const result: Block = {};
    for (const key of Object.keys(block)) {
      const inner = walk(block[key]);
      if (inner !== undefined) result[key] = inner;
    }
    return result;
  };
  try {
    return walk(value);
  } catch {
    // cdktf says where in the tree the value is.
    return resolveWithCdktf(stack, value, preparing);
  }
}

const definedOf = (list: readonly unknown[]): unknown[] => list.filter((item) => item !== undefined);

/** A token may stand for a whole list, in its only element. */
const isPlainList = (list: readonly unknown[]): boolean =>
  list.every((item) =>
    typeof item === "string" ? !item.includes("#{TfToken[") : typeof item !== "number" || item >= 0,
  );

/** Neither a token, nor a construct, nor a map with tokens for names. */
function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  return !Tokenization.isResolvable(value) && Object.keys(value).every(isPlainText);
}

/** Elements of a stack in the order of the tree; those of stacks below it are not its own. */
function elementsOf(node: IConstruct, into: TerraformElement[] = []): readonly TerraformElement[] {
  if (TerraformElement.isTerraformElement(node)) into.push(node);
  for (const child of node.node.children) if (!TerraformStack.isStack(child)) elementsOf(child, into);
  return into;
}

/** Context of an app that leaves all of it to cdktf: `"cdktf"`. */
const CONTEXT = "millrace:render";

/** Whether a stack is rendered here: by the release of cdktf whose results these are, unless the app wants none of it. */
export const isRenderedHere = (stack: TerraformStack): boolean =>
  RELEASE.startsWith("0.21.") && stack.node.tryGetContext(CONTEXT) !== "cdktf";

const { version: RELEASE } = require("cdktf/package.json") as { readonly version: string };

/**
 * Settles references between stacks: resolving one makes the output and the remote state behind it. A stack that is
 * alone in its app has none.
 */
export function prepareReferences(stack: TerraformStack): void {
  const others = stack.node.root.node.findAll().some((node) => node !== stack && TerraformStack.isStack(node));
  if (others) for (const element of elementsOf(stack)) resolveValue(stack, element.toTerraform(), true);
}

/** The document of a stack. @param overrides of the stack itself */
export function renderStack(stack: TerraformStack, overrides: Block): Block {
  const elements = elementsOf(stack);
  const metadata: Block = {
    version: stack.node.tryGetContext("cdktfVersion") as unknown,
    stackName: stack.node.id,
    backend: "local",
    cloud: undefined,
    ...(Object.keys(overrides).length > 0 && { overrides: { stack: Object.keys(overrides) } }),
  };
  for (const element of elements) merge(metadata, resolveValue(stack, element.toMetadata()) as Block);
  const outputs: Block = {};
  for (const element of elements)
    if (TerraformOutput.isTerraformOutput(element))
      deepMerge(outputs, nested(element.node.path.split("/"), element.friendlyUniqueId));
  const document: Block = { "//": { metadata, outputs } };
  for (const element of elements) merge(document, resolveValue(stack, element.toTerraform()) as Block);
  if (Object.keys(overrides).length > 0) deepMerge(document, overrides);
  return resolveLast(stack, document, overrides);
}

/** Overrides of a stack may hold tokens; what elements gave has none any more, and the head's own are plain. */
function resolveLast(stack: TerraformStack, document: Block, overrides: Block): Block {
  if (Object.keys(overrides).length > 0) return resolveWithCdktf(stack, document);
  return { ...document, "//": resolveValue(stack, document["//"]) };
}

const nested = (path: readonly string[], value: string): Block =>
  path.reduceRight<Block | string>((inner, part) => ({ [part]: inner }), value) as Block;

/** cdktf's `deepMerge` for fresh data: what is new is taken as it is, not copied. */
function merge(target: Block, source: Block): void {
  for (const key of Object.keys(source)) {
    const [before, value] = [target[key], source[key]];
    if (before === undefined) target[key] = value;
    else if (isBlock(before) && isBlock(value)) merge(before, value);
    else deepMerge(target, { [key]: value });
  }
}

const isBlock = (value: unknown): value is Block =>
  typeof value === "object" && value !== null && !Array.isArray(value);
