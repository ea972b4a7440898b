namespace EdgeRecorder.Live;

/// <summary>How many WebSockets may be open: what a wall of pictures needs, and far from what would hurt the recording.</summary>
internal sealed class ViewerLimit(LiveFigures figures)
{
    /// <summary>Below Kestrel's 1000 connections, so that viewers never shut out the API.</summary>
    public const int MostOfBox = 400;

    /// <summary>A wall of 64 channels in two windows. Browsers open 255 to a host at most.</summary>
    public const int MostOfAccount = 128;

    private readonly Lock _counting = new();
    private readonly Dictionary<string, int> _byAccount = new(StringComparer.OrdinalIgnoreCase);
    private int _all;

    /// <summary>A seat until disposed; null and why there is none.</summary>
    public IDisposable? TryEnter(string account, out string refusal)
    {
        lock (_counting)
        {
            var own = _byAccount.GetValueOrDefault(account);
            refusal = _all >= MostOfBox ? $"{MostOfBox} viewers are connected, the most this box serves"
                : own >= MostOfAccount ? $"{account} has {MostOfAccount} live connections, the most an account may have" : "";
            if (refusal.Length > 0)
            {
                figures.RefusedSocket();
                return null;
            }
            _byAccount[account] = own + 1;
            _all++;
            figures.SocketOpened();
            return new Seat(this, account);
        }
    }

    private void Leave(string account)
    {
        lock (_counting)
        {
            _all--;
            figures.SocketClosed();
            if (--_byAccount[account] == 0)
                _byAccount.Remove(account);
        }
    }

    private sealed class Seat(ViewerLimit limit, string account) : IDisposable
    {
        private int _isLeft;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isLeft, 1) == 0)
                limit.Leave(account);
        }
    }
}
