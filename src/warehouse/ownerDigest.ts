/**
 * What a finding saves in a whole month, in its own currency, to be listed one by one. Those that
 * save less are counted: of 813 in two months of a real bill, 695 save less than a cent.
 */
export const LISTED_FROM = 1;
