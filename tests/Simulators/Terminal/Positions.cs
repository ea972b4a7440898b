using EdgeRecorder.Simulators.Terminal.Signalling;

namespace EdgeRecorder.Simulators.Terminal;

/// <summary>What a terminal reports about its vehicle, and what it keeps of that while nobody listens.</summary>
internal sealed class Positions(TerminalOptions options, Drive drive, double now)
{
    private const int LargestMemory = 2000;
    private const int LargestBatch = 20;                       // 20 positions of 44 bytes fit a package
    private const uint AccOn = 1, FixValid = 2, Gps = 1 << 18, BeiDou = 1 << 19;

    private readonly List<byte[]> _batch = [];
    private readonly Queue<byte[]> _blind = new();
    private readonly List<(double At, uint Alarm, uint Video, double Seconds)> _planned = [];
    private double _next = now + Math.Min(1, options.Position);
    private uint _alarm, _video;
    private double _alarmUntil, _videoUntil;

    public long Sent { get; private set; }
    public long Stored { get; private set; }
    public uint Alarm => _alarm;
    public uint VideoAlarm => _video;

    /// <param name="seconds">How long the bits stay.</param>
    public void Raise(double at, uint alarm, uint video, double seconds) => _planned.Add((at, alarm, video, seconds));

    /// <summary>One turn: what is to be sent now, as message number and body. While <paramref name="isOnline"/> is false it is stored instead.</summary>
    public IReadOnlyList<(ushort Id, byte[] Body)> Advance(double now, bool isOnline, Faults faults)
    {
        var changed = AdvanceAlarms(now);
        var isDue = changed || options.Position > 0 && now >= _next;
        if (!isDue && !(isOnline && _blind.Count > 0))
            return [];
        var messages = new List<(ushort, byte[])>();
        if (isDue)
        {
            if (!changed)
                _next = Math.Max(_next + options.Position, now);
            drive.AdvanceTo(now);
            Take(Current(faults), isOnline, changed, messages);
        }
        while (isOnline && _blind.Count > 0)
        {
            var part = new List<byte[]>();
            while (part.Count < LargestBatch && _blind.TryDequeue(out var location))
                part.Add(location);
            messages.Add((TerminalMessages.BatchId, Location.WriteBatch(part, isBlind: true)));
            Sent += part.Count;
        }
        return messages;
    }

    public Location Current(Faults faults)
    {
        var items = new List<LocationItem> { LocationItem.U32(0x01, (uint)(drive.Kilometres * 10)) };
        if (_video != 0)
            items.Add(LocationItem.U32(0x14, _video));
        if ((_video & 1) != 0)
            items.Add(LocationItem.U32(0x15, 1));              // signal lost on channel 1
        if ((_video & 2) != 0)
            items.Add(LocationItem.U32(0x16, 1));              // channel 1 occluded
        if ((_video & 4) != 0)
            items.Add(LocationItem.U16(0x17, 1));              // main storage 1
        if ((_video & 32) != 0)
            items.Add(new LocationItem(0x18, [0, 2, 60]));     // a phone call, fatigue 60
        items.Add(LocationItem.U8(0x30, 27));
        items.Add(LocationItem.U8(0x31, 14));
        if (faults.PrivateItems)
        {
            // Seen on a device: numbers of the standard with lengths of its own, and others beyond it.
            items.Add(LocationItem.U8(0x17, 2));
            items.Add(new LocationItem(0x18, [4, 0, 0, 0]));
            items.Add(new LocationItem(0xEB, new byte[63]));
            items.Add(new LocationItem(0xEF, [0, 0, 0, 0, 0, 0, 0, 0, 0, 17, 18, 0, 0]));
        }
        return new Location(
            _alarm, AccOn | FixValid | Gps | BeiDou, (uint)(drive.Latitude * 1e6), (uint)(drive.Longitude * 1e6), 12, (ushort)(drive.SpeedKmh * 10),
            (ushort)((int)drive.Direction % 360), Clock(faults), items);
    }

    /// <summary>The terminal's time: GMT+8, or what its faults make of it.</summary>
    public static DateTime Clock(Faults faults) => DateTime.UtcNow.AddHours(faults.Utc ? 0 : 8).AddSeconds(faults.ClockOffset);

    private void Take(Location current, bool isOnline, bool atOnce, List<(ushort, byte[])> messages)
    {
        var location = current.Write();
        if (!isOnline)
        {
            _blind.Enqueue(location);
            Stored++;
            while (_blind.Count > LargestMemory)
                _blind.Dequeue();
            return;
        }
        if (options.Batch <= 1 || atOnce)
        {
            messages.Add((TerminalMessages.LocationId, location));
            Sent++;
            return;
        }
        _batch.Add(location);
        if (_batch.Count < options.Batch)
            return;
        messages.Add((TerminalMessages.BatchId, Location.WriteBatch(_batch, isBlind: false)));
        Sent += _batch.Count;
        _batch.Clear();
    }

    /// <summary>True when the bits are others than before: that is reported at once.</summary>
    private bool AdvanceAlarms(double now)
    {
        if (_planned.Count == 0 && _alarm == 0 && _video == 0)
            return false;
        var (alarm, video) = (_alarm, _video);
        if (now >= _alarmUntil)
            _alarm = 0;
        if (now >= _videoUntil)
            _video = 0;
        foreach (var plan in _planned.Where(p => p.At <= now))
        {
            if (plan.Alarm != 0)
                (_alarm, _alarmUntil) = (plan.Alarm, plan.At + plan.Seconds);
            if (plan.Video != 0)
                (_video, _videoUntil) = (plan.Video, plan.At + plan.Seconds);
        }
        _planned.RemoveAll(p => p.At <= now);
        return (alarm, video) != (_alarm, _video);
    }
}
