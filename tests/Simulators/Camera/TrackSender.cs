using System.Buffers.Binary;
using EdgeRecorder.Simulators.Clips;

namespace EdgeRecorder.Simulators.Camera;

/// <summary>One track on its way to one client: where it stands in the clip, and the numbers its packets carry.</summary>
internal sealed class TrackSender(RtpTrack main, RtpTrack? alternate, RtpTransport transport, uint ssrc, ushort firstSequence, uint firstTimestamp)
{
    private const int LargestRun = 256 * 1024;                 // bytes handed over at once

    private readonly RtpTrack _main = main;
    private int _index;
    private long _gops;
    private ushort _sequence = firstSequence;
    private uint _timestampBase = firstTimestamp;
    private long _dropCounter, _duplicateCounter, _reorderCounter;
    private int _held = -1;

    public RtpTrack Track { get; private set; } = main;
    public RtpTransport Transport => transport;
    public uint Ssrc => ssrc;
    public ushort NextSequence => _sequence;

    /// <summary>Units since the beginning of media time; sent ones and, after a live start, those before.</summary>
    public long Position { get; private set; }

    public long UnitsSent { get; private set; }
    public long SyncsSent { get; private set; }
    public long UnitsDamaged { get; private set; }
    public long PacketsSent { get; private set; }
    public long PacketsDropped { get; private set; }
    public long MediaBytes { get; private set; }

    /// <summary>The next packets are lost.</summary>
    public int DropOnce { get; set; }

    public long Rounds => Position / _main.Units.Length;

    /// <summary>Media time in seconds at which the next unit goes out.</summary>
    public double NextDue => Track.SecondsOf(Position);

    public uint TimestampAt(double mediaTime) => unchecked(_timestampBase + (uint)(long)(mediaTime * Track.Format.ClockRate));

    public uint NextTimestamp => unchecked(_timestampBase + (uint)(Track.TimestampOf(Position) + Track.Units[_index].PresentationShift));

    public void ShiftTimestamps(double seconds) => _timestampBase = unchecked(_timestampBase + (uint)(long)(seconds * Track.Format.ClockRate));

    /// <summary>Skips to where a camera that runs since media time 0 would be.</summary>
    public void Join(double mediaTime, bool atSync)
    {
        Position = (long)Math.Ceiling(mediaTime * Track.Format.UnitRateNumerator / Track.Format.UnitRateDenominator);
        _index = (int)(Position % Track.Units.Length);
        while (atSync && !Track.Units[_index].IsSync)
            Step();
    }

    /// <summary>Sends the units whose time has come, as far as they lie together in the clip. False: none was due.</summary>
    public bool SendDue(double mediaTime, Faults faults)
    {
        if (NextDue > mediaTime)
            return false;
        if (Track.Units[_index].IsSync)
            ChooseClip(faults);

        var first = _index;
        int count = 0, packets = 0, length = 0;
        do
        {
            var unit = Track.Units[_index];
            Stamp(unit);
            count++;
            packets += unit.PacketCount;
            length += unit.Length;
            UnitsSent++;
            SyncsSent += unit.IsSync ? 1 : 0;
            PacketsSent += unit.PacketCount;
            MediaBytes += unit.MediaBytes;
            _gops += unit.IsSync ? 1 : 0;
            Step();
        }
        while (_index != 0 && length < LargestRun && NextDue <= mediaTime && !(alternate is not null && Track.Units[_index].IsSync));

        if (faults.TouchesPackets || DropOnce > 0 || _held >= 0)
            SendFaulty(first, count, faults);
        else
            transport.SendPackets(Track, Track.Units[first].FirstPacket, packets);
        return true;
    }

    private void Step()
    {
        Position++;
        _index = _index + 1 == Track.Units.Length ? 0 : _index + 1;
    }

    private void ChooseClip(Faults faults)
    {
        if (alternate is null)
            return;
        var next = (faults.AlternateEveryGop ? _gops % 2 == 1 : faults.Alternate) ? alternate : _main;
        if (next == Track)
            return;
        Track = next;
        _index = next.Syncs[_gops % next.Syncs.Length];
    }

    private void Stamp(RtpUnit unit)
    {
        var timestamp = unchecked(_timestampBase + (uint)(Track.TimestampOf(Position) + unit.PresentationShift));
        for (var i = unit.FirstPacket; i < unit.FirstPacket + unit.PacketCount; i++)
        {
            var header = Track.Wire.AsSpan(Track.Packets[i], RtpTrack.InterleavedHeader + RtpTrack.RtpHeader);
            header[1] = transport.Channel;
            BinaryPrimitives.WriteUInt16BigEndian(header[6..], _sequence++);
            BinaryPrimitives.WriteUInt32BigEndian(header[8..], timestamp);
            BinaryPrimitives.WriteUInt32BigEndian(header[12..], ssrc);
        }
    }

    private void SendFaulty(int firstUnit, int units, Faults faults)
    {
        for (var u = firstUnit; u < firstUnit + units; u++)
        {
            var unit = Track.Units[u];
            var damaged = false;
            for (var i = unit.FirstPacket; i < unit.FirstPacket + unit.PacketCount; i++)
            {
                if (DropOnce > 0 || IsNth(ref _dropCounter, faults.DropEvery))
                {
                    DropOnce = Math.Max(0, DropOnce - 1);
                    PacketsDropped++;
                    damaged = true;
                    continue;
                }
                // Held back behind its successor, within the unit: the next unit's header numbers are not written yet.
                if (_held < 0 && i + 1 < unit.FirstPacket + unit.PacketCount && IsNth(ref _reorderCounter, faults.ReorderEvery))
                {
                    _held = i;
                    continue;
                }
                transport.SendPackets(Track, i, 1);
                if (IsNth(ref _duplicateCounter, faults.DuplicateEvery))
                    transport.SendPackets(Track, i, 1);
                ReleaseHeld();
            }
            ReleaseHeld();
            UnitsDamaged += damaged ? 1 : 0;
        }
    }

    private void ReleaseHeld()
    {
        if (_held < 0)
            return;
        transport.SendPackets(Track, _held, 1);
        _held = -1;
    }

    private static bool IsNth(ref long counter, int every) => every > 0 && ++counter % every == 0;

    /// <summary>A picture that begins and never ends: fragments with the start bit once and the end bit never (RFC 6184, 5.8; RFC 7798, 4.4.3).</summary>
    public void SendEndlessFragment(int bytes, bool isFirst)
    {
        byte[] head = _main.Format.Encoding == "H265"
            ? [49 << 1, 1, (byte)(19 | (isFirst ? 0x80 : 0))]
            : [0x7C, (byte)(5 | (isFirst ? 0x80 : 0))];
        var builder = new RtpTrackBuilder((byte)_main.Format.PayloadType);
        builder.Packet(head, new byte[bytes], marker: false);
        builder.Unit(0, isSync: false, 0);
        var one = builder.Build(_main.Format);
        var header = one.Wire.AsSpan();
        header[1] = transport.Channel;
        BinaryPrimitives.WriteUInt16BigEndian(header[6..], _sequence++);
        BinaryPrimitives.WriteUInt32BigEndian(header[8..], NextTimestamp);
        BinaryPrimitives.WriteUInt32BigEndian(header[12..], ssrc);
        transport.SendPackets(one, 0, 1);
    }
}
