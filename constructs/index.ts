export * from "./core";
export * from "./firestore";
export * from "./functions";
export * from "./monitoring";
export * from "./pipeline";
export * from "./pubsub";
export * from "./run";
export * from "./storage";
