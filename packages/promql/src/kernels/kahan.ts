/**
 * A compensated sum (Kahan's with Neumaier's improvement): adding many floats of mixed size without losing the small ones.
 * `sum + compensation` is the result, except where the sum is infinite.
 */
export class KahanSum {
  sum = 0;
  compensation = 0;

  reset(sum = 0): void {
    this.sum = sum;
    this.compensation = 0;
  }

  add(value: number): void {
    const total = this.sum + value;
    if (total === Infinity || total === -Infinity) this.compensation = 0;
    else if (Math.abs(this.sum) >= Math.abs(value)) this.compensation += this.sum - total + value;
    else this.compensation += value - total + this.sum;
    this.sum = total;
  }

  get total(): number {
    return this.sum === Infinity || this.sum === -Infinity ? this.sum : this.sum + this.compensation;
  }
}
