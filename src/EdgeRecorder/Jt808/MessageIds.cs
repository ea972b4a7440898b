namespace EdgeRecorder.Jt808;

/// <summary>Messages by the standard's numbers, and what is done with those that are not read.</summary>
internal static class MessageIds
{
    public const ushort GeneralReply = 0x0001, Heartbeat = 0x0002, Unregister = 0x0003, ServerTime = 0x0004, Register = 0x0100, Authenticate = 0x0102, Parameters = 0x0104,
        Location = 0x0200, LocationBatch = 0x0704, Attributes = 0x1003, Passengers = 0x1005, FootageList = 0x1205, UploadNotice = 0x1206;

    public const ushort ParameterQuery = 0x8104, AttributeQuery = 0x9003, Playback = 0x9201, FootageQuery = 0x9205;

    /// <summary>What comes in packages and is put together. Everything else is answered package by package and kept nowhere.</summary>
    public static bool IsAssembled(ushort id) => id is Parameters or Location or LocationBatch or FootageList;

    /// <summary>
    /// What terminals send on their own and no recorder needs: they are told that it arrived. Not 0x0801 (pictures and sounds), whose sender would then wait for 0x8800.
    /// </summary>
    public static bool IsAcknowledged(ushort id) => id is 0x0005 or 0x0107 or 0x0108 or 0x0201 or >= 0x0301 and <= 0x0303 or 0x0500 or 0x0608
        or >= 0x0700 and <= 0x0702 or 0x0705 or 0x0800 or 0x0805 or 0x0900 or 0x0901 or 0x0A00;
}
