namespace EdgeRecorder.Network;

/// <summary>
/// Buffers for one synchronous read each: as many as threads read at the same time, shared by all connections. Not per thread: the pool's threads
/// come and go, and each would bring a new one.
/// </summary>
internal static class ReceiveBuffers
{
    /// <summary>What one second of a camera brings fits; the largest message and frame do too.</summary>
    public const int Length = 256 * 1024;

    private static readonly Lock _gate = new();
    private static readonly Stack<byte[]> _free = [];

    public static byte[] Rent()
    {
        lock (_gate)
            if (_free.TryPop(out var buffer))
                return buffer;
        return GC.AllocateUninitializedArray<byte>(Length, pinned: true);
    }

    public static void Return(byte[] buffer)
    {
        lock (_gate)
            _free.Push(buffer);
    }
}
