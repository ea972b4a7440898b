using EdgeRecorder.Platform.FFmpeg;

namespace EdgeRecorder.MediaWorker;

/// <summary>Lets video pass from the last sync sample that is not later than an instant: whole GOPs before it are left out.</summary>
/// <param name="from">In the stream's time base.</param>
internal sealed class GopGate(long from) : IDisposable
{
    private readonly Queue<Packet> _held = new();
    private long _last;                                     // presentation time of the newest one
    private bool _open;

    /// <param name="pass">Called with what passes.</param>
    public void Add(Packet packet, Action<Packet> pass)
    {
        if (_open)
        {
            pass(packet);
            return;
        }
        if (packet.IsSync && packet.Pts <= from)
            Dispose();
        if (_held.Count > 0 || packet.IsSync)               // nothing can be decoded before the first one
        {
            _last = packet.Pts;
            _held.Enqueue(packet.Take());
        }
        if (_held.Count > 0 && _last > from)
            Open(pass);
    }

    /// <summary>No more comes: what is held passes.</summary>
    public void Open(Action<Packet> pass)
    {
        _open = true;
        while (_held.TryDequeue(out var held))
            using (held)
                pass(held);
    }

    public void Dispose()
    {
        while (_held.TryDequeue(out var held))
            held.Dispose();
    }
}
