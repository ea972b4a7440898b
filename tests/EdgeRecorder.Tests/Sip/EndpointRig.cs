using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;
using EdgeRecorder.Sip;
using EdgeRecorder.Tests.Recording;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeRecorder.Tests.Sip;

/// <summary>An endpoint on loopback with a time that the test moves, and a user that does what the test says.</summary>
internal sealed class EndpointRig : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ConcurrentQueue<string> _tokens = [];
    private int _token;

    public EndpointRig(Func<SipOptions, SipOptions>? change = null, TimeProvider? time = null)
    {
        var options = new SipOptions { Port = 0, Bind = IPAddress.Loopback, NewToken = () => _tokens.TryDequeue(out var token) ? token : $"t{Interlocked.Increment(ref _token)}" };
        Endpoint = new(change?.Invoke(options) ?? options, User, time ?? Time, NullLogger<SipEndpoint>.Instance);
        Endpoint.Start();
    }

    public ManualTime Time { get; } = new();
    public FakeUser User { get; } = new();
    public SipEndpoint Endpoint { get; }
    public SipFigures Figures => Endpoint.Figures;

    /// <summary>The next tags, branches and Call-IDs.</summary>
    public void Tokens(params string[] tokens) => Array.ForEach(tokens, _tokens.Enqueue);

    public ScriptedPeer Udp(string from = "127.0.0.1") => ScriptedPeer.Udp(Endpoint.Port, from);

    public Task<ScriptedPeer> TcpAsync(string from = "127.0.0.1") => ScriptedPeer.TcpAsync(Endpoint.Port, from);

    /// <summary>In steps no longer than the shortest timer.</summary>
    public void Advance(double seconds)
    {
        for (var ms = 0; ms < seconds * 1000; ms += 500)
            Time.Advance(TimeSpan.FromMilliseconds(Math.Min(500, seconds * 1000 - ms)));
    }

    public static async Task Until(Func<bool> condition, string what)
    {
        var deadline = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
        while (!condition())
        {
            Assert.True(Environment.TickCount64 < deadline, what);
            await Task.Yield();
            Thread.Yield();
        }
    }

    public ValueTask DisposeAsync() => Endpoint.DisposeAsync();

    internal sealed class FakeUser : ISipUser
    {
        private readonly Channel<SipIncoming> _incoming = Channel.CreateUnbounded<SipIncoming>();
        private readonly Channel<(SipDialog Dialog, string Why)> _ended = Channel.CreateUnbounded<(SipDialog, string)>();
        private int _closed;

        /// <summary>True: dealt with. Else the test takes it.</summary>
        public Func<SipIncoming, bool>? Handler { get; set; }
        public int Closed => Volatile.Read(ref _closed);
        public int Waiting => _incoming.Reader.Count;

        void ISipUser.Take(SipIncoming incoming)
        {
            if (Handler?.Invoke(incoming) != true)
                _incoming.Writer.TryWrite(incoming);
        }

        void ISipUser.Ended(SipDialog dialog, string why) => _ended.Writer.TryWrite((dialog, why));

        void ISipUser.Closed(SipFlow flow) => Interlocked.Increment(ref _closed);

        public Task<SipIncoming> NextAsync() => _incoming.Reader.ReadAsync().AsTask().WaitAsync(Patience);

        public async Task<SipIncoming> NextAsync(string method)
        {
            var incoming = await NextAsync();
            Assert.Equal(method, incoming.Request.Method);
            return incoming;
        }

        public Task<(SipDialog Dialog, string Why)> EndedAsync() => _ended.Reader.ReadAsync().AsTask().WaitAsync(Patience);
    }
}
