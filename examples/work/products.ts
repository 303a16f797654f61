/** The price list: always in the same order, so that a task that is tried again finds its place. */
export const PRODUCTS: readonly string[] = Array.from({ length: 300 }, (_, index) => `product-${index}`);
