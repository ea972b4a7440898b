using System.Buffers.Binary;
using EdgeRecorder.Bytes;

namespace EdgeRecorder.Jt1078;

/// <summary>Whom a framer hands what it finds.</summary>
internal interface IPacketSink
{
    /// <param name="body">A slice of the network buffer, gone after the call.</param>
    void Packet(in PacketHead head, ReadOnlySpan<byte> body, long nowUs);

    /// <summary>Bytes were skipped: what was open cannot be completed.</summary>
    void Skipped();

    /// <summary>A number that media is expected of: what tells two readings of one header apart.</summary>
    bool IsKnown(SimNumber sim);
}

/// <summary>
/// Cuts a TCP connection's bytes into packets. By their lengths: the four bytes that a packet begins with occur in pictures too. Finds out first how wide the SIM is, and
/// again after every place where no packet begins; there it goes on where the next one does.
/// </summary>
/// <remarks>
/// Both widths are tried (a video header with 6 bytes is as long as an audio header with 10). One is certain when its packet is followed by another and the other's is not. While
/// both fit, which takes an interval field that happens to point at a later packet, the number decides that media is expected of, else the packets that follow.
/// </remarks>
internal sealed class PacketFramer
{
    /// <summary>What may come before, or between, packets; more is no JT/T 1078.</summary>
    public const int MostGarbage = 64 * 1024;

    private const int MostLossesInPeriod = 3;
    private const long LossPeriodUs = 10_000_000;
    private const string Protocol = "JT/T 1078";

    private readonly long[] _lostUs = new long[MostLossesInPeriod];
    private SimWidth? _width;
    private SimWidth _before = SimWidth.Six;                // the last that was certain
    private int _losses;
    private long _garbage;                                  // bytes since the last valid packet
    private bool _isLost;

    /// <summary>Packets handed over.</summary>
    public long Packets { get; private set; }

    /// <summary>Which width the connection uses; null until it is certain.</summary>
    public SimWidth? Width => _width;

    /// <summary>Takes what there is; returns how many bytes are done with. The rest is to come again with more behind it.</summary>
    /// <param name="isEnd">Nothing may come behind it for long: what could be a packet is one.</param>
    /// <exception cref="ProtocolException">This is no JT/T 1078, or too damaged to go on.</exception>
    public int Take(ReadOnlySpan<byte> input, long nowUs, IPacketSink sink, bool isEnd = false)
    {
        for (var at = 0; ;)
        {
            if (_width is { } width)
            {
                at += TakePackets(input[at..], width, nowUs, sink);
                if (_width is not null)
                    return at;
            }
            switch (Detect(input[at..], sink, isEnd))
            {
                case Finding.Found:
                    _isLost = false;
                    break;
                case Finding.Wait when input.Length - at <= MostGarbage + PacketHead.LongestLength:
                    return at;
                default:
                    if (!_isLost)
                        Lose(nowUs, sink);
                    var next = Next(input[at..]);
                    at += next;
                    if ((_garbage += next) > MostGarbage)
                        throw new ProtocolException(Protocol, (int)_garbage, "packet", $"none within {MostGarbage} bytes");
                    break;
            }
        }
    }

    private enum Finding : byte { Wait, Found, Nothing }

    /// <summary>The way of every packet once the width is known.</summary>
    private int TakePackets(ReadOnlySpan<byte> input, SimWidth width, long nowUs, IPacketSink sink)
    {
        var at = 0;
        while (true)
        {
            var state = PacketHead.Read(input[at..], width, out var head);
            if (state == HeadState.Invalid)
            {
                _width = null;
                return at;
            }
            if (state == HeadState.Incomplete || input.Length - at < head.Length)
                return at;
            Packets++;
            _garbage = 0;
            sink.Packet(head, input.Slice(at + head.HeaderLength, head.BodyLength), nowUs);
            at += head.Length;
        }
    }

    /// <summary>No packet begins where one should: what was open is lost, and the next one is searched for.</summary>
    private void Lose(long nowUs, IPacketSink sink)
    {
        ref var oldest = ref _lostUs[_losses++ % MostLossesInPeriod];
        if (_losses > MostLossesInPeriod && nowUs - oldest < LossPeriodUs)
            throw new ProtocolException(Protocol, 0, "packet", $"none where one should begin, more than {MostLossesInPeriod} times in {LossPeriodUs / 1_000_000} s");
        oldest = nowUs;
        _isLost = true;
        sink.Skipped();
    }

    /// <summary>Where the next packet may begin; the last three bytes may be the beginning of its magic.</summary>
    private static int Next(ReadOnlySpan<byte> input)
    {
        var magic = "01cd"u8;
        var found = input[1..].IndexOf(magic);
        return found >= 0 ? 1 + found : Math.Max(1, input.Length - (magic.Length - 1));
    }

    private Finding Detect(ReadOnlySpan<byte> input, IPacketSink sink, bool isEnd)
    {
        if (input.Length < 4)
            return Finding.Wait;
        if (BinaryPrimitives.ReadUInt32BigEndian(input) != PacketHead.Magic)
            return Finding.Nothing;
        var six = Candidate.Follow(input, SimWidth.Six, 1);
        var ten = Candidate.Follow(input, SimWidth.Ten, 1);
        if (!six.IsDead && !ten.IsDead && Known(six, ten, sink) is { } known)
            return known.Packets > 0 || isEnd && known.IsWhole ? Lock(known.Width) : Finding.Wait;
        if (six.Packets > 0 && ten.Packets > 0)
        {
            six = Candidate.Follow(input, SimWidth.Six, int.MaxValue);
            ten = Candidate.Follow(input, SimWidth.Ten, int.MaxValue);
        }
        if (six.IsDead && ten.IsDead)
            return six.Packets == ten.Packets ? Finding.Nothing : Lock(six.Packets > ten.Packets ? SimWidth.Six : SimWidth.Ten);
        if (six.IsDead != ten.IsDead)
        {
            var (alive, dead) = six.IsDead ? (ten, six) : (six, ten);
            return alive.Packets > dead.Packets || isEnd && alive.IsWhole ? Lock(alive.Width) : Finding.Wait;
        }
        if (!isEnd && input.Length < MostGarbage)
            return Finding.Wait;
        if (six.IsWhole || ten.IsWhole)
            return Lock(six.IsWhole == ten.IsWhole ? _before : six.IsWhole ? SimWidth.Six : SimWidth.Ten);
        return Finding.Wait;
    }

    /// <summary>The one whose number media is expected of, when that is not so of both.</summary>
    private static Candidate? Known(Candidate six, Candidate ten, IPacketSink sink)
    {
        var isSix = six.Sim != default && sink.IsKnown(six.Sim);
        var isTen = ten.Sim != default && sink.IsKnown(ten.Sim);
        return isSix == isTen ? null : isSix ? six : ten;
    }

    private Finding Lock(SimWidth width)
    {
        (_width, _before) = (width, width);
        return Finding.Found;
    }

    /// <summary>What the bytes are under one width.</summary>
    /// <param name="Packets">Whole packets in a row, each with another behind it.</param>
    /// <param name="IsDead">What stands behind them is none.</param>
    /// <param name="IsWhole">At least the first packet is there to its end.</param>
    private readonly record struct Candidate(SimWidth Width, SimNumber Sim, int Packets, bool IsDead, bool IsWhole)
    {
        public static Candidate Follow(ReadOnlySpan<byte> input, SimWidth width, int most)
        {
            var candidate = new Candidate { Width = width };
            for (var at = 0; candidate.Packets < most;)
            {
                var state = PacketHead.Read(input[at..], width, out var head);
                if (state == HeadState.Invalid || state == HeadState.Valid && !head.IsPlausible)
                    return candidate with { IsDead = true };
                if (state == HeadState.Incomplete)
                    return candidate;
                if (at == 0)
                    candidate = candidate with { Sim = head.Sim, IsWhole = input.Length >= head.Length };
                at += head.Length;
                if (input.Length - at < 4)
                    return candidate;
                if (BinaryPrimitives.ReadUInt32BigEndian(input[at..]) != PacketHead.Magic)
                    return candidate with { IsDead = true };
                candidate = candidate with { Packets = candidate.Packets + 1 };
            }
            return candidate;
        }
    }
}
