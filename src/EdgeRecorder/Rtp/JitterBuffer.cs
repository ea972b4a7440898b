using System.Buffers;

namespace EdgeRecorder.Rtp;

/// <summary>Takes one RTP packet in the order of its sequence numbers; what never came is simply missing.</summary>
internal interface IRtpInput
{
    void Add(ReadOnlySpan<byte> datagram, long arrivalUs);
}

/// <summary>
/// Puts the packets of one UDP source in order. A packet in order passes without a copy; one that is early waits, at most
/// <see cref="LongestWaitUs"/> and <see cref="Slots"/> packets long, for those before it; late and doubled ones are dropped.
/// </summary>
/// <remarks>Buffers are rented while they hold a packet and belong to this class.</remarks>
internal sealed class JitterBuffer(IRtpInput output) : IDisposable
{
    public const int Slots = 512;                           // 512 × 1400 bytes: 300 ms of 20 Mb/s
    public const long LongestWaitUs = 200_000;

    private readonly Slot[] _slots = new Slot[Slots];
    private ushort _next;
    private bool _started;

    /// <summary>Packets that wait.</summary>
    public int Waiting { get; private set; }

    /// <param name="sequence">The packet's sequence number, which the caller has read already.</param>
    public void Add(ReadOnlySpan<byte> datagram, ushort sequence, long nowUs)
    {
        if (!_started)
            (_started, _next) = (true, sequence);
        int ahead = (short)(sequence - _next);
        if (ahead is >= 3000 or <= -Slots)                  // the source began anew
        {
            Flush();
            (_next, ahead) = (sequence, 0);
        }
        if (ahead < 0)
            return;
        while (ahead >= Slots)
        {
            SkipToFirstWaiting(upTo: (ushort)(sequence - Slots + 1));
            ahead = (short)(sequence - _next);
        }
        if (ahead == 0)
        {
            _next++;
            output.Add(datagram, nowUs);
        }
        else
            Keep(datagram, sequence, nowUs);
        DeliverInOrder();
        Expire(nowUs);
    }

    /// <summary>Gives up on what is missing for longer than <see cref="LongestWaitUs"/>.</summary>
    public void Expire(long nowUs)
    {
        while (Waiting > 0 && nowUs - OldestWaitingUs() > LongestWaitUs)
        {
            SkipToFirstWaiting((ushort)(_next + Slots));
            DeliverInOrder();
        }
    }

    /// <summary>Delivers all that waits, whatever is missing between.</summary>
    public void Flush()
    {
        while (Waiting > 0)
        {
            SkipToFirstWaiting((ushort)(_next + Slots));
            DeliverInOrder();
        }
    }

    public void Dispose()
    {
        for (var i = 0; i < Slots; i++)
            Release(ref _slots[i]);
    }

    private void Keep(ReadOnlySpan<byte> datagram, ushort sequence, long nowUs)
    {
        ref var slot = ref _slots[sequence % Slots];
        if (slot.Bytes is not null)
            return;                                         // doubled
        slot.Bytes = ArrayPool<byte>.Shared.Rent(datagram.Length);
        datagram.CopyTo(slot.Bytes);
        (slot.Length, slot.ArrivalUs) = (datagram.Length, nowUs);
        Waiting++;
    }

    private void DeliverInOrder()
    {
        while (Waiting > 0 && _slots[_next % Slots].Bytes is not null)
        {
            var slot = _slots[_next % Slots];
            _slots[_next++ % Slots] = default;
            Waiting--;
            output.Add(slot.Bytes.AsSpan(0, slot.Length), slot.ArrivalUs);
            ArrayPool<byte>.Shared.Return(slot.Bytes!);
        }
    }

    private void SkipToFirstWaiting(ushort upTo)
    {
        while (_next != upTo && _slots[_next % Slots].Bytes is null)
            _next++;
        DeliverInOrder();
    }

    private long OldestWaitingUs()
    {
        // The first that waits was in most cases also the first to come; exactness is not needed to bound the wait.
        for (var i = 0; i < Slots; i++)
            if (_slots[(_next + i) % Slots] is { Bytes: not null } slot)
                return slot.ArrivalUs;
        return long.MaxValue;
    }

    private static void Release(ref Slot slot)
    {
        if (slot.Bytes is { } bytes)
            ArrayPool<byte>.Shared.Return(bytes);
        slot = default;
    }

    private struct Slot
    {
        public byte[]? Bytes;
        public int Length;
        public long ArrivalUs;
    }
}
