//! One value a row, kept in chunks that exist only where there are values: a key that few runs
//! have costs little, one that all have costs its values and no more.

/// Rows of a chunk.
const CHUNK_ROWS: usize = 256;

/// A sparse column.
pub struct Column<T> {
    chunks: Vec<Option<Box<[Option<T>; CHUNK_ROWS]>>>,
}

impl<T> Default for Column<T> {
    fn default() -> Self {
        Self { chunks: Vec::new() }
    }
}

fn place(row: u32) -> (usize, usize) {
    let row = row as usize;
    (row / CHUNK_ROWS, row % CHUNK_ROWS)
}

impl<T: Copy> Column<T> {
    /// The value in `row`.
    pub fn get(&self, row: u32) -> Option<T> {
        let (chunk, at) = place(row);
        *self.chunks.get(chunk)?.as_ref()?.get(at)?
    }

    /// What it takes in memory.
    pub fn bytes(&self) -> usize {
        let full = self.chunks.iter().flatten().count();
        size_of_val(&*self.chunks) + full * size_of::<[Option<T>; CHUNK_ROWS]>()
    }

    /// Sets or removes the value in `row`.
    pub fn set(&mut self, row: u32, value: Option<T>) {
        let (chunk, at) = place(row);
        if chunk >= self.chunks.len() {
            if value.is_none() {
                return;
            }
            self.chunks.resize_with(chunk + 1, || None);
        }
        if let Some(chunk) = self.chunks.get_mut(chunk)
            && (chunk.is_some() || value.is_some())
            && let Some(cell) =
                chunk.get_or_insert_with(|| Box::new([None; CHUNK_ROWS])).get_mut(at)
        {
            *cell = value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Column;

    #[test]
    fn a_value_far_out_costs_one_chunk() {
        let mut column = Column::default();
        column.set(1_000_000, Some(1.5));
        assert_eq!(column.get(1_000_000), Some(1.5));
        assert_eq!(column.get(0), None);
        assert_eq!(column.chunks.iter().flatten().count(), 1);
        column.set(1_000_000, None);
        column.set(2_000_000, None);
        assert_eq!(column.get(1_000_000), None);
        assert_eq!(column.chunks.iter().flatten().count(), 1);
    }
}
