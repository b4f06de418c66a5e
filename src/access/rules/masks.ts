/** The forms in which a masked field is read. */
import { createHmac } from 'node:crypto';
import type { AccessRule, MaskForm } from '../../supergraph/index.ts';

/** What a caller reads in the place of a value; null is the field's null. */
export type Mask = (value: string) => string | null;

type MaskRule = Extract<AccessRule, { readonly kind: 'mask' }>;

/** Of the clause of a mask in an outcome: `1` the whole, `0` nothing, or a letter for the form. */
export function formMark({ forms }: MaskRule, allows: (policy: string) => boolean): string {
  const index = forms.findIndex(({ policy }) => allows(policy));
  if (index === -1) return '0';
  return forms[index]?.as === 'whole' ? '1' : String.fromCharCode(firstMark + index);
}

/** @returns the form that a mark names; undefined for the whole and for nothing */
export function formOf({ forms }: MaskRule, mark: string | undefined): MaskForm | undefined {
  return mark === undefined || mark === '1' || mark === '0' ? undefined : forms[mark.charCodeAt(0) - firstMark];
}

const firstMark = 'a'.charCodeAt(0);
const dots = '•••';

/**
 * The text of `as` is checked at composition: a form that does not exist shows nothing.
 * @param key of hashes: without it, nobody finds a value by hashing guesses
 */
export function maskOf({ as }: Pick<MaskForm, 'as'>, key: string | Uint8Array): Mask {
  if (as.startsWith('text:')) {
    const text = as.slice('text:'.length);
    return () => text;
  }
  switch (as) {
    case 'whole':
      return (value) => value;
    case 'email':
      return maskEmail;
    case 'last4':
      // Of a short value the last four characters are most of it.
      return (value) => (value.length < 8 ? dots : `${dots}${value.slice(-4)}`);
    case 'hash':
      return (value) => createHmac('sha256', key).update(`mask ${value}`).digest('hex').slice(0, 16);
    default:
      return () => null;
  }
}

/** `ada@example.com` as `a•••@example.com`; what is no address shows nothing of itself. */
function maskEmail(value: string): string {
  const at = value.lastIndexOf('@');
  const [first] = value;
  return at > 0 && first !== undefined ? `${first}${dots}${value.slice(at)}` : dots;
}
