import { defineHandler } from "millrace/runtime";
import { orders } from "./orders.contract";

export default defineHandler(orders, () => undefined);
