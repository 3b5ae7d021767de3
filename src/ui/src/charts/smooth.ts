// Smoothing as TensorBoard does it: an exponential moving average without the pull of its zero start.

/** `weight` is from 0 (as it is) to below 1; what is missing stays missing. */
export function smoothed(values: (number | null)[], weight: number): (number | null)[] {
  if (weight <= 0) return values;
  let [last, count] = [0, 0];
  return values.map((value) => {
    if (value === null) return null;
    last = last * weight + (1 - weight) * value;
    count += 1;
    return last / (1 - weight ** count);
  });
}
