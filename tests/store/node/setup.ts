/**
 * Builds the engine that traps when it is told to, unless it is there.
 *
 * @module
 */
import { buildTrap } from "../../../scripts/lib/steps.mjs";

export default buildTrap;
