/** One of what a picker offers. */
export interface PickerOption {
  value: string;
  label: string;
}
