using System.Net;
using System.Net.Sockets;
using EdgeRecorder.Bytes;
using EdgeRecorder.Network;

namespace EdgeRecorder.Gb28181.Media;

/// <summary>One TCP connection of a session, whoever opened it.</summary>
internal sealed class MediaConnection : IByteSink, IRtpSink
{
    private readonly MediaSession _session;
    private readonly Socket _socket;
    private readonly GatheringReader _reader;
    private readonly RtpFramer _framer = new();
    private readonly long _openedUs;
    private long _resyncs;
    private volatile string? _closed;                       // why

    public MediaConnection(MediaSession session, Socket socket)
    {
        (_session, _socket) = (session, socket);
        socket.Blocking = false;
        var source = (IPEndPoint)socket.RemoteEndPoint!;
        Source = new(SessionPorts.Plain(source.Address), source.Port);
        _reader = new(socket, session.Reception.Clock);
        _openedUs = session.Reception.Clock.BoottimeUs;
    }

    public IPEndPoint Source { get; }

    /// <summary>It brought packets of the session.</summary>
    public bool IsProven { get; private set; }

    public bool LowLatency
    {
        set => _reader.LowLatency = value;
    }

    public async Task RunAsync()
    {
        var why = "media connection closed by the device";
        try
        {
            await _reader.ReadAsync(this).ConfigureAwait(false);
        }
        catch (ProtocolException e)
        {
            why = e.Message;
            Interlocked.Increment(ref _session.Reception.Counters.Malformed);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            why = _closed ?? $"media connection lost: {e.Message}";
        }
        catch (Exception e)                                 // the connection ends here, whatever it was
        {
            why = _session.Reception.Fault(_session.Port, e);
        }
        finally
        {
            _socket.Dispose();
            _session.Ended(this, _closed ?? why);
        }
    }

    public void Close(string why = "the session ended")
    {
        _closed ??= why;
        _socket.Dispose();
    }

    /// <summary>Reads now what lies below the mark.</summary>
    public void Drain()
    {
        try
        {
            if (!_reader.Drain(this))
                Close("media connection closed by the device");
        }
        catch (ProtocolException e)
        {
            Interlocked.Increment(ref _session.Reception.Counters.Malformed);
            Close(e.Message);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            Close($"media connection lost: {e.Message}");
        }
    }

    public void Tick(long nowUs)
    {
        if (!IsProven && nowUs - _openedUs > _session.Reception.Options.Unproven.TotalMicroseconds)
            Close("nothing that is RTP");
        else
            _reader.Tick(nowUs);
    }

    int IByteSink.Take(ReadOnlySpan<byte> bytes, long nowUs)
    {
        var taken = _framer.Take(bytes, nowUs, this);
        Interlocked.Add(ref _session.Reception.Counters.Resyncs, _framer.Resyncs - _resyncs);
        _resyncs = _framer.Resyncs;
        return taken;
    }

    void IRtpSink.Packet(ReadOnlySpan<byte> packet, long nowUs) => IsProven |= _session.Receive(packet, this, Source, isDatagram: false, nowUs);
}
