/** A region as it stands in a bill. */
export interface Region {
  readonly code: string;
  readonly location: string;
  /** Before most usage types; US East (N. Virginia) has none. */
  readonly shortCode: string;
  /** Before the usage types of younger services: every region has one. */
  readonly longCode: string;
  /** Prices here over those of US East (N. Virginia). */
  readonly priceFactor: number;
  readonly seller: string;
  /** What is added as VAT; 0 where none is. */
  readonly vatRate: number;
}

export const virginia: Region = {
  code: 'us-east-1',
  location: 'US East (N. Virginia)',
  shortCode: '',
  longCode: 'USE1-',
  priceFactor: 1,
  seller: 'Amazon Web Services, Inc.',
  vatRate: 0,
};

export const ireland: Region = {
  code: 'eu-west-1',
  location: 'EU (Ireland)',
  shortCode: 'EU-',
  longCode: 'EUW1-',
  priceFactor: 1.1,
  seller: 'Amazon Web Services EMEA SARL',
  vatRate: 0.23,
};
