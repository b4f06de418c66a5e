/** What is asked of the sample graph: pages of 20 products, and what their AI fields cost in tokens. */
import { counter } from '../process/counter.ts';

export const products = 20;

/** Two for each product. */
export const aiFields = 2 * products;

const shown = 'id name description reviews(first: 20) { rating body }';

const pageOf = (fields: string, variables = '') =>
  `query Page${variables} { products(first: ${products}) { ${shown} ${fields} } }`;

/** The page's business data alone. */
export const pageWithout = JSON.stringify({ query: pageOf('') });

/** @param place in the argument of both fields: another text, other inputs of every field */
export const pageWith = (place: string): string =>
  JSON.stringify({
    query: pageOf('reviewSummary(locale: $text) answer(question: $text)', '($text: String!)'),
    variables: { text: `en ${place}` },
  });

/** Every time other inputs, as a counter stands where the load generator writes a word of each request's own. */
export const coldPage = pageWith(counter);

/** The page with one of its fields asked for twice: 60 fields, 40 inputs. */
export const pageWithTwice = JSON.stringify({
  query: pageOf('reviewSummary again: reviewSummary answer(question: "Is it heavy?")'),
});

/** Fields of the page that ask a model, the repeated one included. */
export const fieldsOfPageWithTwice = 3 * products;

export const tokenQueries = {
  whole: { fields: products, query: `{ products(first: ${products}) { id highlights { pros cons verdict } } }` },
  part: { fields: products, query: `{ products(first: ${products}) { id highlights { verdict } } }` },
  reviews: { fields: 0, query: `{ products(first: ${products}) { id reviews(first: 5) { id sentiment } } }` },
} as const;
