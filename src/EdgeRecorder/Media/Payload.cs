namespace EdgeRecorder.Media;

/// <summary>
/// Bytes of one access unit in pooled chunks. Holds a reference on every chunk it touches; whoever was handed the payload
/// calls <see cref="Release"/> exactly once. Copies of the struct are the same payload, not another reference.
/// </summary>
/// <param name="first">Where it begins.</param>
/// <param name="offset">Byte offset inside <paramref name="first"/>.</param>
/// <param name="length">Bytes in all; it runs on in <see cref="Chunk.Next"/>.</param>
public readonly struct Payload(Chunk first, int offset, int length)
{
    public Chunk First => first;
    public int Offset => offset;
    public int Length => length;

    /// <summary>The contiguous pieces, in order, none of them empty.</summary>
    public SliceEnumerator GetEnumerator() => new(first, offset, length);

    /// <summary>A piece of it, without a reference of its own.</summary>
    public Payload Slice(int start, int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)start + (uint)length, (uint)Length);
        var (chunk, at) = (first, offset + start);
        while (at >= chunk.Bytes.Length && length > 0)
            (chunk, at) = (chunk.Next!, at - chunk.Bytes.Length);
        return new Payload(chunk, at, length);
    }

    /// <summary>One more owner of the same bytes.</summary>
    public void AddReference()
    {
        foreach (var slice in this)
            slice.Chunk.AddReference();
    }

    public void Release()
    {
        // Take the successor first: a released chunk may be rented again at once.
        var (chunk, at, left) = (first, offset, length);
        while (left > 0)
        {
            var next = chunk.Next;
            left -= Math.Min(left, chunk.Bytes.Length - at);
            at = 0;
            chunk.Release();
            chunk = next!;
        }
    }

    public void CopyTo(Span<byte> target)
    {
        foreach (var slice in this)
        {
            slice.Span.CopyTo(target);
            target = target[slice.Length..];
        }
    }

    public byte[] ToArray()
    {
        var copy = new byte[length];
        CopyTo(copy);
        return copy;
    }

    public struct SliceEnumerator(Chunk first, int offset, int length)
    {
        private Chunk? _chunk = first;
        private int _offset = offset;
        private int _left = length;

        public ChunkSlice Current { get; private set; }

        public bool MoveNext()
        {
            if (_left == 0)
                return false;
            var count = Math.Min(_left, _chunk!.Bytes.Length - _offset);
            Current = new ChunkSlice(_chunk, _offset, count);
            _left -= count;
            _chunk = _chunk.Next;
            _offset = 0;
            return true;
        }
    }
}

/// <summary>A contiguous piece of one chunk. Carries no reference of its own.</summary>
public readonly record struct ChunkSlice(Chunk Chunk, int Offset, int Length)
{
    public ReadOnlySpan<byte> Span => Chunk.Bytes.AsSpan(Offset, Length);
}
