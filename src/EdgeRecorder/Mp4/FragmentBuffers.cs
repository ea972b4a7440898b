using System.Collections.Concurrent;
using EdgeRecorder.Media;

namespace EdgeRecorder.Mp4;

/// <summary>
/// The arrays of a fragment, pooled for the whole box: they are rented where media comes in and given back by the thread that wrote it,
/// in bursts of one per channel, which is more than the array pool of the run-time keeps.
/// </summary>
internal sealed class FragmentBuffers
{
    private static readonly ConcurrentQueue<FragmentBuffers> Free = new();

    private FragmentBuffers() { }

    /// <summary>`moof` and the header of `mdat`.</summary>
    public byte[] Head { get; private set; } = [];

    public Payload[] Payloads { get; private set; } = [];

    public static FragmentBuffers Rent(int headLength, int payloads)
    {
        if (!Free.TryDequeue(out var buffers))
            buffers = new FragmentBuffers();
        if (buffers.Head.Length < headLength)
            buffers.Head = new byte[Math.Max(1024, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)headLength))];
        if (buffers.Payloads.Length < payloads)
            buffers.Payloads = new Payload[Math.Max(8, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)payloads))];
        return buffers;
    }

    /// <summary>Called once, by the fragment's last release, after the payloads were cleared.</summary>
    public void Return() => Free.Enqueue(this);
}
