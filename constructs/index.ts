export * from "./core";
export * from "./firestore";
export * from "./monitoring";
export * from "./pipeline";
export * from "./pubsub";
