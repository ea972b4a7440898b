namespace EdgeRecorder.Api.Security;

/// <summary>Authorization: scheme, one or more spaces, token68 (RFC 9110, 11.4). The schemes we know have no other form.</summary>
internal readonly record struct AuthorizationHeader(string Scheme, string Parameter)
{
    public static bool TryParse(string? text, out AuthorizationHeader header)
    {
        header = default;
        var trimmed = text.AsSpan().Trim(' ');
        var end = trimmed.IndexOf(' ');
        if (end < 0)
            return false;
        header = new(trimmed[..end].ToString(), trimmed[end..].TrimStart(' ').ToString());
        return true;
    }
}
