export { type LabUp, labUp } from './build.js';
export { type LabRunOptions, labRun } from './demo.js';
export { labExec } from './exec.js';
export { HOSTS, type Host, type LabOptions } from './name.js';
export { type Lab, type LabHost, type LabInterface, labStatus } from './record.js';
export { labDown } from './teardown.js';
