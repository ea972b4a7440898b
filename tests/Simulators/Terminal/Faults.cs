namespace EdgeRecorder.Simulators.Terminal;

internal enum FlagFault
{
    None,

    /// <summary>Last and middle change places.</summary>
    Swap,

    /// <summary>Every packet says it is the whole frame.</summary>
    Atomic,

    /// <summary>The M bit is the opposite.</summary>
    Marker,
}

/// <summary>What is wrong with a terminal, or with one of its channels, at the moment. Only the pacer's thread uses it.</summary>
internal sealed class Faults
{
    /// <summary>Every Nth media packet; 0 = none.</summary>
    public int DropEvery, DuplicateEvery, ReorderEvery, StrangerEvery, EmptyEvery;

    public FlagFault Flags;

    /// <summary>Data type that video packets claim instead of their own.</summary>
    public Media.DataType? ClaimedType;

    /// <summary>Payload type of audio packets instead of their own.</summary>
    public byte? AudioPayloadType;

    public bool ConstantTimestamps, ConstantSequence, KeepSending;

    /// <summary>Media stops until this instant of the pacer.</summary>
    public double StalledUntil;

    /// <summary>After a stall everything held back is sent at once; otherwise it was never filmed.</summary>
    public bool StallKeepsBacklog;

    /// <summary>Seconds until 0x0001; and for 0x9101 until the media connection.</summary>
    public double AckDelay, MediaDelay;

    public bool NoAck, NoMedia, Mute, Utc, PrivateItems, NoHeartbeat;

    /// <summary>Result of 0x0001 for 0x9101 and 0x9201.</summary>
    public byte Result;

    /// <summary>Result of 0x1206.</summary>
    public byte UploadResult;

    /// <summary>Authenticates with a code that nobody gave it.</summary>
    public bool WrongCode;

    /// <summary>Seconds by which the terminal's clock is wrong.</summary>
    public double ClockOffset;

    /// <summary>Packages of a long message that are not sent until 0x8003 asks for them.</summary>
    public IReadOnlyList<int> Withheld = [];

    public bool TouchesPackets => (DropEvery | DuplicateEvery | ReorderEvery | StrangerEvery | EmptyEvery) != 0 || Flags != FlagFault.None || ClaimedType is not null
        || AudioPayloadType is not null;

    public void Clear()
    {
        DropEvery = DuplicateEvery = ReorderEvery = StrangerEvery = EmptyEvery = 0;
        Flags = FlagFault.None;
        ClaimedType = null;
        AudioPayloadType = null;
        ConstantTimestamps = ConstantSequence = KeepSending = StallKeepsBacklog = NoAck = NoMedia = Mute = Utc = PrivateItems = NoHeartbeat = WrongCode = false;
        StalledUntil = AckDelay = MediaDelay = ClockOffset = 0;
        Result = UploadResult = 0;
        Withheld = [];
    }
}
