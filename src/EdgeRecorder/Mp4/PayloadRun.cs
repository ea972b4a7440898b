using EdgeRecorder.Media;

namespace EdgeRecorder.Mp4;

/// <summary>
/// Payloads in order, joined where one begins at the very byte at which the one before ends: what a track brings in a fragment is a few
/// pieces for `pwritev`, however many access units there were. Owns the references of what was added until <see cref="MoveTo"/> or <see cref="Clear"/>.
/// </summary>
internal sealed class PayloadRun
{
    private Payload[] _items = new Payload[8];
    private Chunk? _tail;                                   // chunk and offset at which the last item ends
    private int _tailEnd;

    public int Count { get; private set; }
    public int Bytes { get; private set; }

    public void Add(in Payload payload)
    {
        if (payload.Length == 0)
            return;
        Bytes += payload.Length;
        if (_tail is { } tail && payload.First == tail && payload.Offset == _tailEnd)
        {
            Join(payload);
            tail.Release();                                 // both held one; the joined payload holds one per chunk
        }
        else if (_tail is not null && _tailEnd == _tail.Bytes.Length && payload.Offset == 0 && payload.First == _tail.Next)
            Join(payload);
        else
        {
            if (Count == _items.Length)
                Array.Resize(ref _items, 2 * Count);
            _items[Count++] = payload;
        }
        foreach (var slice in payload)
            (_tail, _tailEnd) = (slice.Chunk, slice.Offset + slice.Length);
    }

    /// <summary>Hands the payloads over; the run is empty behind it.</summary>
    public void MoveTo(Span<Payload> target)
    {
        _items.AsSpan(0, Count).CopyTo(target);
        Forget();
    }

    public void Clear()
    {
        for (var i = 0; i < Count; i++)
            _items[i].Release();
        Forget();
    }

    /// <summary>The same payloads once more, with references of their own.</summary>
    public PayloadRun Fork()
    {
        var fork = (PayloadRun)MemberwiseClone();
        fork._items = [.. _items];
        for (var i = 0; i < Count; i++)
            _items[i].AddReference();
        return fork;
    }

    private void Join(in Payload payload)
    {
        ref var last = ref _items[Count - 1];
        last = new Payload(last.First, last.Offset, last.Length + payload.Length);
    }

    private void Forget()
    {
        Array.Clear(_items, 0, Count);
        (Count, Bytes, _tail, _tailEnd) = (0, 0, null, 0);
    }
}
