export { DataflowJob as GoogleDataflowJob } from "@cdktf/provider-google/lib/dataflow-job/index.js";
