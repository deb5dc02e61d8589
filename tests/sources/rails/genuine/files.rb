# A genuine Rails writes credentials files and reads them: JSON on stdin, JSON on stdout. Run by rails.py.
#
# "write": each text becomes a file, by `write` or by `change` as `credentials:edit` does. "read": what each file, with its key, holds by Rails;
# texts as they are, everything else by its class. "choose": which file and key an application takes, and what it reads.

require "active_support"
require "active_support/encrypted_configuration"
require "base64"
require "json"

ORDER = JSON.parse($stdin.read, symbolize_names: true)

def opened(content, key)
  ActiveSupport::EncryptedConfiguration.new(config_path: content, key_path: key, env_key: "NO_SUCH_VARIABLE", raise_if_missing_key: false)
end

def write(one)
  file = opened(one[:content], one[:key])
  text = Base64.strict_decode64(one[:text])
  text.force_encoding(one.fetch(:encoding, "UTF-8"))
  case one[:how]
  when "change" then file.write("--- {}\n"); file.change { |path| path.binwrite(text) }
  else file.write(text)
  end
end

# Text stays text; what YAML made of a scalar is told by its class. Hashes are lists of pairs, in order.
def told(value)
  case value
  when Hash then { "pairs" => value.map { |name, below| [told(name), told(below)] } }
  when Array then value.map { |one| told(one) }
  when String then { "text" => Base64.strict_encode64(value) }
  when Symbol then { "symbol" => Base64.strict_encode64(value.to_s) }
  when nil then nil
  else { "other" => value.class.name }
  end
end

def read(one)
  file = opened(one[:content], one[:key])
  { raw: Base64.strict_encode64(file.read), tree: told(file.config) }
rescue StandardError, SystemStackError => error
  { error: error.class.name }
end

case ORDER[:do]
when "write" then puts JSON.generate(ORDER[:files].map { |one| write(one) })
when "read" then puts JSON.generate(ORDER[:files].map { |one| read(one) })
end
