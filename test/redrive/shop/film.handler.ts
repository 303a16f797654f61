import { defineHandler } from "millrace/runtime";
import { effect, film } from "./contracts";

export default defineHandler(film, async (input) => effect("film", input));
