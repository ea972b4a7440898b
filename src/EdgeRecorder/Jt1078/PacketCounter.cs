using System.Numerics;

namespace EdgeRecorder.Jt1078;

/// <summary>Kinds of packet that a terminal may number each on its own.</summary>
internal enum PacketClass : byte { Video, Audio, Passthrough }

/// <summary>What a packet's number says of those before it.</summary>
/// <param name="Missing">Numbers since the last packet of its class that nothing came with.</param>
/// <param name="IsRepeated">The number of the packet before it once more: the same packet, or a counter that stands still.</param>
internal readonly record struct Count(int Missing, bool IsRepeated);

/// <summary>
/// Follows the sequence numbers of one channel. Audio and video share a counter by what was seen in the field, but nothing says so, and some terminals number each for itself; both
/// are understood from the first packet on: what counts is whether numbers are missing since the last packet <em>of the same class</em>, those that another
/// class used being none. Packets that are slightly out of order between classes (two threads that write to one connection) are so no loss either.
/// </summary>
internal sealed class PacketCounter
{
    private const int Classes = 3;
    private const int Window = 4096;                        // numbers that are remembered: packets of the largest picture, and more
    private const int MostMissing = 3000;                   // further than that the counter began anew
    private const int OwnNumbersToBelieve = 8;

    private readonly ulong[] _seen = new ulong[Window / 64];
    private readonly ushort[] _last = new ushort[Classes];
    private readonly bool[] _started = new bool[Classes];
    private PacketClass _lastClass;                         // of the packet before
    private ushort _lastNumber;
    private ushort _highest;
    private bool _any;
    private int _ownNumbers;                                // changes of class that fit counters of their own and no shared one
    private long _received;
    private long _lost;

    /// <summary>Each class has numbers of its own.</summary>
    public bool IsPerClass => _ownNumbers >= OwnNumbersToBelieve;

    public long Received => Volatile.Read(ref _received);
    public long Lost => Math.Max(0, Volatile.Read(ref _lost));

    /// <summary>Another connection: its numbers have nothing to do with those before.</summary>
    public void Restart()
    {
        Array.Clear(_started);
        Array.Clear(_seen);
        (_any, _ownNumbers, IsUseless) = (false, 0, false);
    }

    public Count Accept(PacketClass kind, ushort sequence)
    {
        var index = (int)kind;
        Volatile.Write(ref _received, _received + 1);
        if (!_any)
        {
            (_any, _highest) = (true, sequence);
            Mark(sequence);
            return Remember(kind, sequence, default);
        }
        int step = (short)(sequence - _highest);
        int ownStep = (short)(sequence - _last[index]);
        var follows = _started[index] && ownStep == 1;
        if (kind != _lastClass && !IsPerClass)
            _ownNumbers = (ushort)(sequence - _lastNumber) == 1 ? 0 : follows ? _ownNumbers + 1 : _ownNumbers;

        if (IsPerClass)
            return Remember(kind, sequence, OwnCount(index, ownStep));
        if (_started[index] && ownStep == 0 && (kind == _lastClass || step == 0))
        {
            Volatile.Write(ref _received, _received - 1);   // unless whoever asked knows better
            return new(0, IsRepeated: true);
        }
        var isCounted = _started[index] && !follows;
        Advance(sequence, step, isCounted);
        var missing = !isCounted ? 0 : ownStep is > 1 and <= MostMissing ? Unseen((ushort)(_last[index] + 1), ownStep - 1) : 1;
        return Remember(kind, sequence, new(missing, false));
    }

    /// <summary>Numbers say nothing of losses.</summary>
    public bool IsUseless { get; private set; }

    /// <summary>A repeated number came with another packet: the counter stands still, or counts frames.</summary>
    public void CountRepeated()
    {
        IsUseless = true;
        Volatile.Write(ref _received, _received + 1);
    }

    private Count OwnCount(int index, int step)
    {
        if (!_started[index] || step == 1)
            return default;
        if (step == 0)
        {
            Volatile.Write(ref _received, _received - 1);
            return new(0, IsRepeated: true);
        }
        if (step is > 1 and <= MostMissing)
            Volatile.Write(ref _lost, _lost + step - 1);
        return new(step is > 1 and <= MostMissing ? step - 1 : 1, false);
    }

    private Count Remember(PacketClass kind, ushort sequence, Count count)
    {
        (_last[(int)kind], _started[(int)kind], _lastClass, _lastNumber) = (sequence, true, kind, sequence);
        return count;
    }

    /// <summary>Moves the window on to a number, or fills a place in it.</summary>
    private void Advance(ushort sequence, int step, bool isCounted)
    {
        if (step is > 0 and <= MostMissing)
        {
            for (var missing = (ushort)(_highest + 1); missing != sequence; missing++)
                _seen[missing % Window / 64] &= ~(1UL << missing);
            if (isCounted)
                Volatile.Write(ref _lost, _lost + step - 1);
            _highest = sequence;
        }
        else if (step > -Window / 2 && step <= 0)
        {
            if (!IsSeen(sequence))
                Volatile.Write(ref _lost, _lost - 1);       // it was only late
        }
        else
        {
            Array.Clear(_seen);
            _highest = sequence;
        }
        Mark(sequence);
    }

    private void Mark(ushort sequence) => _seen[sequence % Window / 64] |= 1UL << sequence;

    private bool IsSeen(ushort sequence) => (_seen[sequence % Window / 64] >> sequence & 1) != 0;

    private int Unseen(ushort from, int count)
    {
        var unseen = 0;
        while (count > 0)
        {
            var bit = from % 64;
            var take = Math.Min(count, 64 - bit);
            var mask = (take == 64 ? ulong.MaxValue : (1UL << take) - 1) << bit;
            unseen += BitOperations.PopCount(mask & ~_seen[from % Window / 64]);
            (from, count) = ((ushort)(from + take), count - take);
        }
        return unseen;
    }
}
