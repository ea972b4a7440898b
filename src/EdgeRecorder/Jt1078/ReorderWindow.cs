using System.Buffers;

namespace EdgeRecorder.Jt1078;

/// <summary>Whom a window hands packets in order.</summary>
internal interface IOrderedSink
{
    void InOrder(in PacketHead head, ReadOnlySpan<byte> body, long arrivalUs);
}

/// <summary>
/// Puts the datagrams of one channel in the order of their sequence numbers: one in order passes without a copy, one that is early waits for those before it, at most
/// <see cref="Slots"/> packets and <see cref="LongestWaitUs"/>; late and doubled ones are dropped.
/// </summary>
internal sealed class ReorderWindow(IOrderedSink sink) : IDisposable
{
    public const int Slots = 32;
    public const long LongestWaitUs = 100_000;
    private const int Restarts = 1000;                      // numbers apart: another count began

    private readonly Slot[] _slots = new Slot[Slots];
    private ushort _next;
    private bool _started;

    /// <summary>Packets that wait.</summary>
    public int Waiting { get; private set; }

    public void Add(in PacketHead head, ReadOnlySpan<byte> body, long nowUs)
    {
        Expire(nowUs);
        if (!_started)
            (_started, _next) = (true, head.Sequence);
        int ahead = (short)(head.Sequence - _next);
        if (Math.Abs(ahead) >= Restarts)
        {
            Flush();
            (_next, ahead) = (head.Sequence, 0);
        }
        if (ahead <= -Slots)
        {
            sink.InOrder(head, body, nowUs);                // no reordering goes so far: audio and video count each for itself
            return;
        }
        if (ahead < 0)
            return;
        for (; ahead >= Slots; ahead = (short)(head.Sequence - _next))
            SkipTo((ushort)(head.Sequence - Slots + 1));
        if (ahead == 0)
        {
            _next++;
            sink.InOrder(head, body, nowUs);
            DeliverWaiting();
        }
        else
            Keep(head, body, nowUs);
    }

    /// <summary>Gives up on what is missing for too long.</summary>
    public void Expire(long nowUs)
    {
        while (Waiting > 0 && nowUs - Oldest() > LongestWaitUs)
            SkipTo((ushort)(_next + Slots));
    }

    public void Flush()
    {
        while (Waiting > 0)
            SkipTo((ushort)(_next + Slots));
    }

    public void Dispose()
    {
        foreach (ref var slot in _slots.AsSpan())
        {
            if (slot.Body is { } body)
                ArrayPool<byte>.Shared.Return(body);
            slot = default;
        }
        (Waiting, _started) = (0, false);
    }

    private void Keep(in PacketHead head, ReadOnlySpan<byte> body, long nowUs)
    {
        ref var slot = ref _slots[head.Sequence % Slots];
        if (slot.Body is not null)
            return;                                         // doubled
        slot = new() { Head = head, Body = ArrayPool<byte>.Shared.Rent(Math.Max(1, body.Length)), ArrivalUs = nowUs };
        body.CopyTo(slot.Body);
        Waiting++;
    }

    private void DeliverWaiting()
    {
        while (Waiting > 0 && _slots[_next % Slots] is { Body: { } body } slot)
        {
            _slots[_next++ % Slots] = default;
            Waiting--;
            sink.InOrder(slot.Head, body.AsSpan(0, slot.Head.BodyLength), slot.ArrivalUs);
            ArrayPool<byte>.Shared.Return(body);
        }
    }

    /// <summary>Passes over missing numbers, up to a given one or the first that is there, and delivers from there.</summary>
    private void SkipTo(ushort limit)
    {
        while (_next != limit && _slots[_next % Slots].Body is null)
            _next++;
        DeliverWaiting();
    }

    private long Oldest()
    {
        var oldest = long.MaxValue;
        foreach (ref readonly var slot in _slots.AsSpan())
            if (slot.Body is not null)
                oldest = Math.Min(oldest, slot.ArrivalUs);
        return oldest;
    }

    private struct Slot
    {
        public PacketHead Head;
        public byte[]? Body;
        public long ArrivalUs;
    }
}
