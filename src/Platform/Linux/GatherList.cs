namespace EdgeRecorder.Platform.Linux;

/// <summary>
/// Pieces of memory that one write puts down back to back. Every array lies on the pinned heap
/// (<c>GC.AllocateArray(pinned: true)</c>), so that the kernel may be handed its address without a pin per call.
/// Reusable; one thread.
/// </summary>
public sealed class GatherList
{
    private ArraySegment<byte>[] _pieces = new ArraySegment<byte>[64];

    public int Count { get; private set; }

    /// <summary>Bytes of all pieces.</summary>
    public long Length { get; private set; }

    public ReadOnlySpan<ArraySegment<byte>> Pieces => _pieces.AsSpan(0, Count);

    /// <summary>Adds a piece; one that continues the last piece in memory only makes that longer.</summary>
    public void Add(byte[] pinned, int offset, int length)
    {
        if (length == 0)
            return;
        Length += length;
        if (Count > 0 && _pieces[Count - 1] is var last && last.Array == pinned && last.Offset + last.Count == offset)
        {
            _pieces[Count - 1] = new ArraySegment<byte>(pinned, last.Offset, last.Count + length);
            return;
        }
        if (Count == _pieces.Length)
            Array.Resize(ref _pieces, Count * 2);
        _pieces[Count++] = new ArraySegment<byte>(pinned, offset, length);
    }

    /// <summary>Copies the last bytes of all pieces.</summary>
    /// <param name="target">No longer than <see cref="Length"/>.</param>
    public void CopyEnd(Span<byte> target)
    {
        for (var i = Count - 1; target.Length > 0; i--)
        {
            var piece = _pieces[i].AsSpan();
            var part = piece[^Math.Min(piece.Length, target.Length)..];
            part.CopyTo(target[^part.Length..]);
            target = target[..^part.Length];
        }
    }

    public void Clear()
    {
        Array.Clear(_pieces, 0, Count);
        (Count, Length) = (0, 0);
    }
}
