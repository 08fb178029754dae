/** Types of the part of d3-hierarchy that the page uses; the library ships none. */
export interface HierarchyNode<T> {
  readonly data: T;
  readonly depth: number;
  readonly value?: number;
  readonly children?: HierarchyNode<T>[];
  sum(value: (data: T) => number): this;
  descendants(): HierarchyNode<T>[];
}

export interface Stratify<T> {
  id(accessor: (item: T) => string): this;
  parentId(accessor: (item: T) => string | null): this;
  (items: readonly T[]): HierarchyNode<T>;
}

export function stratify<T>(): Stratify<T>;
