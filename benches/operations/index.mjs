/**
 * The operations whose cost is measured by the size of the store, by what they are about.
 *
 * @module
 */
import { hearing } from "./hearing.mjs";
import { listing } from "./listing.mjs";
import { metadata } from "./metadata.mjs";
import { reading } from "./reading.mjs";
import { wholes } from "./wholes.mjs";
import { writing } from "./writing.mjs";

/** Each with the title that it has on the page. */
export const themes = [
  { title: "Reading", operations: reading },
  { title: "Writing", operations: writing },
  { title: "Listing and finding", operations: listing },
  { title: "Metadata", operations: metadata },
  { title: "Hearing of changes", operations: hearing },
  { title: "Whole stores", operations: wholes },
];

/** All of them. */
export const operations = themes.flatMap(({ operations: some }) => some);
