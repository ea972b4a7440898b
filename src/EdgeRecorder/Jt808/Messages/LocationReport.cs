using EdgeRecorder.Bytes;

namespace EdgeRecorder.Jt808;

/// <summary>How a position came: reported now (0x0200), in a normal batch, or stored while there was no network (0x0704).</summary>
internal enum LocationOrigin { Live, Batch, Blind }

/// <summary>An additional item we do not decode, as it came.</summary>
internal readonly record struct LocationItem(byte Id, ReadOnlyMemory<byte> Value);

/// <summary>0x0200: position, alarms and status. Optional fields are null when the item was not sent, or sent with a length the standard does not know.</summary>
internal readonly record struct LocationReport
{
    /// <summary>Alarm word; the bits are <see cref="AlarmBits"/>.</summary>
    public required uint Alarms { get; init; }

    public required uint Status { get; init; }

    /// <summary>As sent, degrees × 10⁶ without sign.</summary>
    public required uint LatitudeE6 { get; init; }

    public required uint LongitudeE6 { get; init; }

    public required ushort AltitudeM { get; init; }

    /// <summary>0.1 km/h.</summary>
    public required ushort SpeedTenthsKmh { get; init; }

    /// <summary>Degrees, north 0, clockwise.</summary>
    public required ushort Direction { get; init; }

    /// <summary>As sent (see <see cref="WireTime"/>); null when it is no date.</summary>
    public required DateTime? Time { get; init; }

    /// <summary>Item 0x01, 0.1 km.</summary>
    public uint? MileageTenthsKm { get; init; }

    /// <summary>Item 0x02, 0.1 l.</summary>
    public ushort? FuelTenthsL { get; init; }

    /// <summary>Item 0x03, 0.1 km/h, from the driving recorder.</summary>
    public ushort? RecorderSpeedTenthsKmh { get; init; }

    /// <summary>Item 0x14: bits are <see cref="VideoAlarmBits"/>.</summary>
    public uint? VideoAlarms { get; init; }

    /// <summary>Item 0x15: bit 0 is logical channel 1.</summary>
    public uint? SignalLossChannels { get; init; }

    /// <summary>Item 0x16, the same bits.</summary>
    public uint? OcclusionChannels { get; init; }

    /// <summary>Item 0x17: bits 0–11 main storage 1–12, bits 12–15 backup storage 1–4.</summary>
    public ushort? StorageFaults { get; init; }

    /// <summary>Item 0x18: bit 0 fatigue, 1 phone call, 2 smoking, 11–15 custom.</summary>
    public ushort? AbnormalDriving { get; init; }

    /// <summary>Item 0x18 of three bytes: 0–100.</summary>
    public byte? FatigueDegree { get; init; }

    /// <summary>Item 0x30, signal of the mobile network.</summary>
    public byte? SignalStrength { get; init; }

    /// <summary>Item 0x31.</summary>
    public byte? Satellites { get; init; }

    /// <summary>All other items in the order they came.</summary>
    public required IReadOnlyList<LocationItem> Others { get; init; }

    public bool IsAccOn => (Status & 1) != 0;

    /// <summary>The terminal says that it has a fix, and the position can be one.</summary>
    public bool HasFix => (Status & 2) != 0 && LatitudeE6 <= 90_000_000 && LongitudeE6 <= 180_000_000 && (LatitudeE6 | LongitudeE6) != 0;

    /// <summary>Degrees, north positive.</summary>
    public double Latitude => ((Status & 4) != 0 ? -1 : 1) * (LatitudeE6 / 1e6);

    /// <summary>Degrees, east positive.</summary>
    public double Longitude => ((Status & 8) != 0 ? -1 : 1) * (LongitudeE6 / 1e6);

    /// <summary>Bit 5: the coordinates are encrypted (in practice: shifted), so they are shown nowhere as they are.</summary>
    public bool IsEncrypted => (Status & 0x20) != 0;

    /// <summary>Reads a body of 0x0200, or an item of 0x0704. Items that run over the end are left out; the position stands.</summary>
    /// <exception cref="ProtocolException">The fixed part is not whole.</exception>
    public static LocationReport Parse(ReadOnlySpan<byte> body)
    {
        var reader = new ByteReader(body, TerminalMessage.Protocol);
        var report = new LocationReport
        {
            Alarms = reader.U32("alarms"),
            Status = reader.U32("status"),
            LatitudeE6 = reader.U32("latitude"),
            LongitudeE6 = reader.U32("longitude"),
            AltitudeM = reader.U16("altitude"),
            SpeedTenthsKmh = reader.U16("speed"),
            Direction = reader.U16("direction"),
            Time = WireTime.Read(ref reader, "time"),
            Others = [],
        };
        return reader.Remaining == 0 ? report : report.WithItems(reader.Rest());
    }

    /// <summary>Steps by the length byte, always: terminals use 0x14 to 0x18 for things of their own with other lengths.</summary>
    private LocationReport WithItems(ReadOnlySpan<byte> items)
    {
        var report = this;
        List<LocationItem>? others = null;
        ReadOnlyMemory<byte> copy = default;
        for (var at = 0; at + 2 <= items.Length && at + 2 + items[at + 1] <= items.Length; at += 2 + items[at + 1])
        {
            var id = items[at];
            var value = items.Slice(at + 2, items[at + 1]);
            if (report.TryTake(id, value, out var taken))
            {
                report = taken;
                continue;
            }
            if (others is null)
                (others, copy) = ([], items.ToArray());
            others.Add(new(id, copy.Slice(at + 2, value.Length)));
        }
        return others is null ? report : report with { Others = others };
    }

    private bool TryTake(byte id, ReadOnlySpan<byte> value, out LocationReport report)
    {
        var reader = new ByteReader(value, TerminalMessage.Protocol);
        (var isTaken, report) = (id, value.Length) switch
        {
            (0x01, 4) => (true, this with { MileageTenthsKm = reader.U32("mileage") }),
            (0x02, 2) => (true, this with { FuelTenthsL = reader.U16("fuel") }),
            (0x03, 2) => (true, this with { RecorderSpeedTenthsKmh = reader.U16("recorder speed") }),
            (0x14, 4) => (true, this with { VideoAlarms = reader.U32("video alarms") }),
            (0x15, 4) => (true, this with { SignalLossChannels = reader.U32("signal loss") }),
            (0x16, 4) => (true, this with { OcclusionChannels = reader.U32("occlusion") }),
            (0x17, 2) => (true, this with { StorageFaults = reader.U16("storage faults") }),
            // One table of the standard says two bytes, the next three.
            (0x18, 2) => (true, this with { AbnormalDriving = reader.U16("abnormal driving") }),
            (0x18, 3) => (true, this with { AbnormalDriving = reader.U16("abnormal driving"), FatigueDegree = reader.U8("fatigue") }),
            (0x30, 1) => (true, this with { SignalStrength = reader.U8("signal") }),
            (0x31, 1) => (true, this with { Satellites = reader.U8("satellites") }),
            _ => (false, this),
        };
        return isTaken;
    }
}

/// <summary>0x0704: positions that were gathered. Its count is not trusted; what stands there is.</summary>
internal ref struct LocationBatch
{
    private readonly ReadOnlySpan<byte> _items;
    private int _at;

    /// <exception cref="ProtocolException">Not even count and type are there.</exception>
    public LocationBatch(ReadOnlySpan<byte> body)
    {
        var reader = new ByteReader(body, TerminalMessage.Protocol);
        reader.U16("count");
        Origin = reader.U8("type") == 1 ? LocationOrigin.Blind : LocationOrigin.Batch;
        _items = reader.Rest();
    }

    public LocationOrigin Origin { get; }

    /// <summary>False at the end, and where an item runs over it. One that is too short for a position is stepped over.</summary>
    public bool TryNext(out LocationReport report)
    {
        const int FixedPart = 28;
        report = default;
        while (_at + 2 <= _items.Length)
        {
            var length = _items[_at] << 8 | _items[_at + 1];
            if (_at + 2 + length > _items.Length)
                return false;
            var item = _items.Slice(_at + 2, length);
            _at += 2 + length;
            if (length < FixedPart)
                continue;
            report = LocationReport.Parse(item);
            return true;
        }
        return false;
    }
}

/// <summary>Bits of the alarm word of 0x0200.</summary>
[Flags]
internal enum AlarmBits : uint
{
    None = 0,
    Emergency = 1 << 0, Overspeed = 1 << 1, Fatigue = 1 << 2, Danger = 1 << 3,
    GnssFault = 1 << 4, AntennaCut = 1 << 5, AntennaShort = 1 << 6, PowerLow = 1 << 7, PowerLost = 1 << 8,
    DisplayFault = 1 << 9, SpeechFault = 1 << 10, CameraFault = 1 << 11, CardReaderFault = 1 << 12,
    OverspeedWarning = 1 << 13, FatigueWarning = 1 << 14, DayDrivingTime = 1 << 18, ParkingTimeout = 1 << 19,
    AreaInOut = 1 << 20, RouteInOut = 1 << 21, SegmentTime = 1 << 22, OffRoute = 1 << 23, SpeedSensor = 1 << 24,
    Fuel = 1 << 25, Stolen = 1 << 26, IllegalIgnition = 1 << 27, IllegalMove = 1 << 28,
    Collision = 1 << 29, Rollover = 1 << 30, IllegalDoor = 1u << 31,
}

/// <summary>Bits of item 0x14 (JT/T 1078). The last one is cleared by our reply, the others stay until their cause ends.</summary>
[Flags]
internal enum VideoAlarmBits : uint
{
    None = 0, SignalLoss = 1 << 0, Occlusion = 1 << 1, StorageFault = 1 << 2, OtherFault = 1 << 3, Overcrowding = 1 << 4, AbnormalDriving = 1 << 5, RecordingThreshold = 1 << 6,
}
