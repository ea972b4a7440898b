namespace EdgeRecorder.MpegTs;

/// <summary>What a file of ours is asked for when it is taken up again.</summary>
internal static class TsPacket
{
    public static bool IsNull(ReadOnlySpan<byte> packet) => packet[0] == 0x47 && (packet[1] & 0x1F) == TsWriter.NullPid >> 8 && packet[2] == (TsWriter.NullPid & 0xFF);

    /// <summary>PCR in 90 kHz; null when the packet has none.</summary>
    public static long? Clock(ReadOnlySpan<byte> packet)
    {
        if (packet[0] != 0x47 || (packet[3] & 0x20) == 0 || packet[4] < 7 || (packet[5] & 0x10) == 0)
            return null;
        return (long)System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(packet[6..]) << 1 | (long)(packet[10] >> 7);
    }
}
