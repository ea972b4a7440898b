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
