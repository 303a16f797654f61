export { GoogleProvider } from "@cdktf/provider-google/lib/provider/index.js";
export { ProjectService } from "@cdktf/provider-google/lib/project-service/index.js";
