using EdgeRecorder.Configuration;
using EdgeRecorder.Sip;

namespace EdgeRecorder.Cascade;

/// <summary>
/// The upward cascade: the box is a device of platforms above. They share one SIP endpoint of its own, apart from the one that devices speak to: who may say what there has nothing in common, and behind a NAT
/// platforms only ever answer to where they were spoken to from.
/// </summary>
internal sealed class UpperPlatforms : ISipUser, IPlatformStates, IAsyncDisposable
{
    private readonly SipEndpoint _endpoint;
    private readonly UpperPlatform[] _platforms;
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;
    private long _strangers;

    public UpperPlatforms(IReadOnlyList<PlatformOptions> platforms, SipOptions sip, CascadeSurroundings box, ILogger<SipEndpoint> log)
    {
        _endpoint = new(sip, this, box.Time, log);
        _platforms = [.. platforms.Select(options => new UpperPlatform(options, _endpoint, box))];
    }

    public int Port => _endpoint.Port;
    public IReadOnlyList<PlatformFigures> Figures => [.. _platforms.Select(platform => platform.Figures)];

    public long Strangers => Interlocked.Read(ref _strangers);

    /// <exception cref="System.Net.Sockets.SocketException">The port cannot be had.</exception>
    public void Start()
    {
        _endpoint.Start();
        _running = Task.WhenAll(_platforms.Select(platform => Task.Run(() => platform.RunAsync(_stop.Token))));
    }

    /// <summary>An alarm began; must not block.</summary>
    public void Tell(BoxAlarm alarm)
    {
        foreach (var platform in _platforms)
            platform.Subscriptions.Tell(alarm);
    }

    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
            return;
        foreach (var platform in _platforms)
            platform.End();
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        await _endpoint.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    void ISipUser.Take(SipIncoming incoming)
    {
        // Two platforms may share an address; some speak from another port than they listen on.
        var owner = Array.Find(_platforms, platform => platform.Owns(incoming) && incoming.Source.Equals(platform.Registration.Flow?.Remote)) ?? Array.Find(_platforms, platform => platform.Owns(incoming));
        if (owner is not null)
            owner.Take(incoming);
        else
        {
            Interlocked.Increment(ref _strangers);
            incoming.Answer(403);
        }
    }

    void ISipUser.Ended(SipDialog dialog, string why)
    {
        (dialog.Owner as PlatformCall)?.Stop();
        (dialog.Owner as PlatformSubscription)?.Stop();
    }

    void ISipUser.Closed(SipFlow flow)
    {
        foreach (var platform in _platforms)
            platform.Registration.Closed(flow);
    }
}
